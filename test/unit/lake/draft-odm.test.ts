import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { draftOdm } from '../../../lambdas/domain/lake/draft-odm.ts';
import { OdmMap } from '../../../lambdas/domain/lake/formats/odm/map.ts';
import { readOdm } from '../../../lambdas/domain/lake/formats/odm/read.ts';
import { FIXTURES, memoryFile, readSet, rowsOf } from './table-set.ts';

const group = (subject: number): string => `
  <SubjectData SubjectKey="${subject}"><SiteRef LocationOID="S0${subject % 2}"/><FormData FormOID="F" FormRepeatKey="1">
    <ItemGroupData ItemGroupOID="visit.data" ItemGroupRepeatKey="1">
      <ItemData ItemOID="last_name" Value="Planted${subject}"/><ItemData ItemOID="phone" Value="336481${subject}363"/>
      <ItemData ItemOID="dob" Value="1951-02-0${subject}"/><ItemData ItemOID="sex" Value="${subject % 2 ? 'F' : 'M'}"/>
      <ItemData ItemOID="visit_date" Value="2014-05-0${subject}"/><ItemData ItemOID="weight" Value="7${subject}.5"><MeasurementUnitRef MeasurementUnitOID="MU.KG"/></ItemData>
    </ItemGroupData></FormData></SubjectData>`;
const DOCUMENT = `<?xml version="1.0"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.1" FileType="Snapshot" FileOID="1" CreationDateTime="2024-11-05T12:14:00">
<Study OID="P"><GlobalVariables><StudyName>P</StudyName><StudyDescription/><ProtocolName>P</ProtocolName></GlobalVariables>
<BasicDefinitions><MeasurementUnit OID="MU.KG" Name="kilogram"><Symbol><TranslatedText>kg</TranslatedText></Symbol></MeasurementUnit></BasicDefinitions></Study>
<ClinicalData StudyOID="P" MetaDataVersionOID="M">${[1, 2, 3, 4].map(group).join('')}</ClinicalData></ODM>`;

test('each item group of a document becomes a table of the draft, which admits the document and keeps no identity', async () => {
  const file = memoryFile(DOCUMENT);
  const draft = await draftOdm('my-edc', file);
  assert.ok('map' in draft, JSON.stringify(draft));
  const map = OdmMap.parse(draft.map);
  const [read] = await readSet(readOdm, [file], map);
  assert.deepEqual([read!.leftOut, read!.admitted], [{}, 4]);
  assert.deepEqual(
    rowsOf(read!.drafts, 'person').map(({ subject, careSite, values }) => [subject, careSite, values.gender_concept_id, values.year_of_birth]),
    [
      ['P-1', 'S01', 8532, 1951],
      ['P-2', 'S00', 8507, 1951],
      ['P-3', 'S01', 8532, 1951],
      ['P-4', 'S00', 8507, 1951],
    ],
  );
  const [weight] = rowsOf(read!.drafts, 'measurement');
  assert.deepEqual([weight!.values.measurement_source_value, weight!.values.value_as_number, weight!.values.unit_source_value], ['body_weight', 71.5, 'kg']);
  assert.equal(weight!.values.measurement_date, '2014-05-01');
  assert.doesNotMatch(JSON.stringify([draft, read!.drafts]), /Planted|336481/);
  assert.ok(draft.notes.includes('VISIT.DATA: PHONE: may name or reach the patient, dropped'));
});

test('a document of SDTM domains is drafted by its own definitions; one without data, or no ODM, is told so', async () => {
  const document = readFileSync(join(FIXTURES, 'odm', 'sdtm-domains-1.3.2.xml'));
  const draft = await draftOdm('my-edc', memoryFile(document));
  assert.ok('map' in draft);
  assert.deepEqual(Object.keys(OdmMap.parse(draft.map).mapping.tables), ['DM', 'AE', 'VS']);
  for (const [content, problem] of [
    [DOCUMENT.replace(/<ClinicalData.*<\/ClinicalData>/s, ''), /must have clinical data/],
    ['<html></html>', /root element must be ODM/],
  ] as const) {
    const refused = await draftOdm('my-edc', memoryFile(content));
    assert.ok('problem' in refused && problem.test(refused.problem), JSON.stringify(refused));
  }
});
