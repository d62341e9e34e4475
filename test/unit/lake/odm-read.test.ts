import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import examples from '../../../config/sources/odm-examples.json' with { type: 'json' };
import shipped from '../../../config/sources/odm.json' with { type: 'json' };
import { OdmMap } from '../../../lambdas/domain/lake/formats/odm/map.ts';
import { readOdm } from '../../../lambdas/domain/lake/formats/odm/read.ts';
import { type Draft, type Unit, eachUnit } from '../../../lambdas/domain/lake/reading.ts';
import { memoryFile } from './xpt-bytes.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SHARED = join(ROOT, '../shared/data/cdisc/odm');

const read = async (shippedMap: object, ...documents: Buffer[]): Promise<Unit[]> => {
  const units: Unit[] = [];
  const files = documents.map((bytes, index) => memoryFile(bytes, 'xml', { index }));
  const map = OdmMap.parse(shippedMap);
  const readFiles = await readOdm.prepare(files, map);
  for await (const read of readFiles(files, map))
    for (const unit of eachUnit(read)) {
      assert.ok(!('refused' in unit), JSON.stringify(unit));
      units.push(unit);
    }
  return units;
};
const draftsOf = (units: Unit[], table: Draft['table']): Draft[] => units.flatMap((unit) => ('drafts' in unit ? unit.drafts : [])).filter((draft) => draft.table === table);
const draftsIn = (units: Unit[]): Draft[] => units.flatMap((unit) => ('drafts' in unit ? unit.drafts : []));
const leftOut = (units: Unit[]): Record<string, string> =>
  Object.fromEntries(units.flatMap((unit) => ('findings' in unit ? [[unit.where, unit.findings.map(({ field, reason }) => `${field} ${reason}`).join(', ')]] : [])));

describe('ODM to OMOP', () => {
  it('tells records of a document of one line apart', async () => {
    const document = readFileSync(join(ROOT, 'test/fixtures/odm/sdtm-domains-1.3.2.xml'), 'utf8').replace(/>\s+</g, '><');
    assert.deepEqual(Object.keys(leftOut(await read(shipped, Buffer.from(document)))), ['line 1, item group 3', 'line 1, item group 6']);
  });

  it('names the version that is not defined, and values that stand where typed elements have none', async () => {
    const document = readFileSync(join(ROOT, 'test/fixtures/odm/sdtm-domains-1.3.2.xml'), 'utf8');
    const unknown = leftOut(await read(shipped, Buffer.from(document.replace('MetaDataVersionOID="MDV.1"', 'MetaDataVersionOID="MDV.2"'))));
    assert.deepEqual([...new Set(Object.values(unknown))], ['MetaDataVersionOID broken-reference, null not-kept']);
    const typed = document.replace('<ItemData ItemOID="I.SEX" Value="F"/>', '<ItemDataString ItemOID="I.SEX" Value="F"/>');
    assert.ok(Object.values(leftOut(await read(shipped, Buffer.from(typed)))).includes('SEX malformed-row'));
  });

  it('knows SDTM’s variables by aliases, as ODM 2.0 has them, but not by annotations that say more than a name', async () => {
    const document = readFileSync(join(ROOT, 'test/fixtures/odm/sdtm-domains-1.3.2.xml'), 'utf8');
    const aliased = document
      .replace(/<ItemDef ([^>]*?) SDSVarName="(\w+)"\/>/g, '<ItemDef $1><Alias Context="SDTM" Name="$2"/></ItemDef>')
      .replace(/<ItemDef ([^>]*?) SDSVarName="(\w+)">/g, '<ItemDef $1><Alias Context="SDTM" Name="VS.$2"/>')
      .replace(/(<ItemGroupDef [^>]*?) Domain="(\w+)">/g, '$1><Alias Context="SDTM" Name="$2"/>');
    assert.ok(!/SDSVarName|Domain=/.test(aliased));
    assert.deepEqual(draftsIn(await read(shipped, Buffer.from(aliased))), draftsIn(await read(shipped, Buffer.from(document))));
    const annotated = aliased.replace('Name="VSDTC"', 'Name="VSDTC where VSTESTCD = WEIGHT"');
    assert.ok(Object.values(leftOut(await read(shipped, Buffer.from(annotated)))).every((findings) => /VSDTC missing-value|AESEV|VSORRES/.test(findings)));
  });

  it('refuses Dataset-XML, whose item groups are of no subject', async () => {
    const document = readFileSync(join(ROOT, 'test/fixtures/odm/sdtm-domains-1.3.2.xml'), 'utf8').replace(/<\/?(?:SubjectData|StudyEventData|FormData)[^>]*>|<SiteRef[^>]*>/g, '');
    await assert.rejects(read(shipped, Buffer.from(document)), /not-this-format.*Dataset-XML/);
  });

  it('makes rows of SDTM domains by the shipped source, with what ODM itself says of them', async () => {
    const document = readFileSync(join(ROOT, 'test/fixtures/odm/sdtm-domains-1.3.2.xml'));
    const units = await read(shipped, document);
    assert.deepEqual(leftOut(units), { 'line 55': 'AESEV unknown-code', 'line 70': 'VSORRES wrong-unit, VSORRESU wrong-unit' });
    const [person] = draftsOf(units, 'person');
    assert.equal(person!.subject, 'SYN3-001');
    assert.equal((person!.values as Record<string, unknown>)['year_of_birth'], 1951);
    const weights = draftsOf(units, 'measurement') as Draft<'measurement'>[];
    assert.deepEqual(
      weights.map(({ values }) => [values.measurement_date, values.value_as_number, values.unit_source_value]),
      [
        ['2014-05-06', 70.5, 'kg'],
        ['2014-05-07', 72.5747792, '[lb_av]'],
      ],
    );
    // no item says a sequence number: the records are told apart by their place in the document
    assert.equal(new Set(weights.map(({ record }) => record)).size, 2);
    const [condition] = draftsOf(units, 'condition_occurrence') as Draft<'condition_occurrence'>[];
    assert.deepEqual([condition!.values.condition_source_value, condition!.values.condition_start_date], ['Headache', '2014-05-01']);
  });

  it('admits every good record of the shared ODM 1.1 example', async (test) => {
    const path = join(SHARED, 'odm1_1_0_example.xml');
    if (!existsSync(path)) return test.skip('no shared data here');
    const units = await read(examples, readFileSync(path));
    assert.equal(units.length, 11);
    assert.deepEqual(leftOut(units), { 'line 232': 'TransactionType broken-reference' });
    assert.deepEqual(
      draftsOf(units, 'person').map(({ subject, values }) => [
        subject,
        (values as Record<string, unknown>)['birth_datetime'] ?? (values as Record<string, unknown>)['year_of_birth'],
      ]),
      [
        ['123-456-789-P001', 1947],
        ['123-456-789-P027', 1944],
      ],
    );
    assert.equal(draftsOf(units, 'measurement').length, 18);
  });

  it('admits every good record of the shared ODM 2.0 example', async (test) => {
    const path = join(SHARED, 'Demographics_RACE_check_all_that_apply.xml');
    if (!existsSync(path)) return test.skip('no shared data here');
    const units = await read(examples, readFileSync(path));
    assert.equal(units.length, 21);
    assert.match(leftOut(units)['line 197']!, /^CHECKED wrong-type/);
    assert.equal(leftOut(units)['line 217'], 'DOB unparsable-date');
    assert.equal(Object.keys(leftOut(units)).length, 2);
    // subject 001 checked one race, 002 two, 003 another that is free text
    assert.equal(draftsOf(units, 'person').length, 2);
  });
});
