import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ingestFiles } from './ingest-file.ts';

type Resource = Record<string, unknown> & { resourceType: string; id?: string };

const PATIENT: Resource = { resourceType: 'Patient', id: 'p1', gender: 'female', birthDate: '1951-03-02' };
const coded = (system: string, code: string) => ({ coding: [{ system, code }] });
const INR = coded('http://loinc.org', '6301-6');
const observation = (more: Record<string, unknown> = {}): Resource => ({
  resourceType: 'Observation',
  id: 'o1',
  status: 'final',
  category: [coded('http://terminology.hl7.org/CodeSystem/observation-category', 'laboratory')],
  code: INR,
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2014-05-17T08:30:00+02:00',
  valueQuantity: { value: 2.4, unit: '{INR}', system: 'http://unitsofmeasure.org', code: '{INR}' },
  ...more,
});
const lines = (...resources: unknown[]) => `${resources.map((resource) => JSON.stringify(resource)).join('\n')}\n`;
const bundle = (...entry: unknown[]) => JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
const entry = (resource: Resource, fullUrl?: string) => ({ ...(fullUrl ? { fullUrl } : {}), resource, request: { method: 'POST', url: resource.resourceType } });

const ndjson = (...contents: (string | Buffer)[]) => ingestFiles('fhir-ndjson', contents);
const rowsOf = ({ rows }: Awaited<ReturnType<typeof ndjson>>, table: string) => rows.map(({ row }) => row).filter((row) => row.table === table);
const findings = async (...resources: unknown[]) => (await ndjson(lines(PATIENT, ...resources))).readings[0]!.quarantined.flatMap((each) => each.findings);

describe('FHIR resources', () => {
  it('an INR becomes a measurement with its LOINC code, unit and clock time', async () => {
    const made = await ndjson(lines(PATIENT, observation()));
    const [row] = rowsOf(made, 'measurement');
    assert.deepEqual(
      [
        row!['measurement_concept_id'],
        row!['measurement_source_value'],
        row!['value_as_number'],
        row!['unit_source_value'],
        row!['measurement_date'],
        row!['measurement_datetime'],
      ],
      [3022217, '6301-6', 2.4, '{INR}', '2014-05-17', '2014-05-17T08:30:00'],
    );
    const [person] = rowsOf(made, 'person');
    assert.deepEqual([person!['gender_concept_id'], person!['year_of_birth'], person!['person_id']], [8532, 1951, row!['person_id']]);
  });

  it('a condition, a visit, a prescription, a procedure and a death each make their row', async () => {
    const about = { subject: { reference: 'Patient/p1' }, encounter: { reference: 'Encounter/e1' } };
    const made = await ndjson(
      lines(
        { ...PATIENT, deceasedDateTime: '2020-01-02' },
        {
          resourceType: 'Encounter',
          id: 'e1',
          status: 'finished',
          class: { code: 'AMB' },
          subject: { reference: 'Patient/p1' },
          period: { start: '2014-05-17T08:00:00Z', end: '2014-05-17T09:00:00Z' },
        },
        { resourceType: 'Condition', id: 'c1', ...about, code: coded('http://snomed.info/sct', '73211009'), onsetDateTime: '2001-07' },
        { resourceType: 'MedicationRequest', id: 'm1', status: 'active', intent: 'order', ...about, medicationReference: { reference: 'Medication/w' }, authoredOn: '2014-05-17' },
        { resourceType: 'Medication', id: 'w', code: coded('http://www.nlm.nih.gov/research/umls/rxnorm', '855332') },
        {
          resourceType: 'Procedure',
          id: 'x1',
          status: 'completed',
          ...about,
          code: coded('http://snomed.info/sct', '430193006'),
          performedPeriod: { start: '2014-05-17', end: '2014-05-18' },
        },
      ),
    );
    assert.deepEqual(made.report.quarantined, []);
    const [visit] = rowsOf(made, 'visit_occurrence');
    assert.equal(visit!['visit_concept_id'], 9202);
    for (const table of ['condition_occurrence', 'drug_exposure', 'procedure_occurrence'])
      assert.equal(rowsOf(made, table)[0]!['visit_occurrence_id'], visit!['visit_occurrence_id'], table);
    // a partial date is kept as its first day
    assert.equal(rowsOf(made, 'condition_occurrence')[0]!['condition_start_date'], '2001-07-01');
    assert.equal(rowsOf(made, 'drug_exposure')[0]!['drug_source_value'], '855332');
    assert.equal(rowsOf(made, 'death')[0]!['death_date'], '2020-01-02');
  });

  it('an unknown code is kept with concept 0', async () => {
    const [row] = rowsOf(await ndjson(lines(PATIENT, observation({ code: coded('http://hospital.example/codes', 'K-77') }))), 'measurement');
    assert.deepEqual([row!['measurement_concept_id'], row!['measurement_source_value']], [0, 'K-77']);
  });

  it('an unknown code of a vocabulary is kept whatever its length, one of the hospital’s own not where it could be a person’s number', async () => {
    const of = async (system: string, code: string) =>
      rowsOf(await ndjson(lines(PATIENT, observation({ code: coded(system, code) }))), 'measurement')[0]!['measurement_source_value'] ?? null;
    assert.equal(await of('http://hl7.org/fhir/sid/ndc', '00056017275'), '00056017275');
    assert.equal(await of('http://hl7.org/fhir/sid/ndc', '50090-0001'), '50090-0001');
    assert.equal(await of('http://snomed.info/sct', '999999999'), '999999999');
    assert.equal(await of('http://hospital.example/codes', 'LAB00123'), 'LAB00123');
    assert.equal(await of('http://hospital.example/codes', '00056017275'), null);
    assert.equal(await of('http://snomed.info/sct', '078-05-1120'), null);
  });

  it('components are rows of their own', async () => {
    const part = (code: string, value: number) => ({ code: coded('http://loinc.org', code), valueQuantity: { value, unit: 'mm[Hg]', code: 'mm[Hg]' } });
    const made = await ndjson(lines(PATIENT, observation({ valueQuantity: undefined, component: [part('8480-6', 120), part('8462-4', 80)] })));
    assert.deepEqual(
      rowsOf(made, 'measurement').map((row) => row['value_as_number']),
      [120, 80],
    );
  });

  for (const [what, resource, field, reason] of [
    ['a value of another type', observation({ valueQuantity: { value: '2.4' } }), 'valueQuantity.value', 'wrong-type'],
    ['two values', observation({ valueString: 'high' }), 'value[x]', 'wrong-type'],
    ['no status', observation({ status: undefined }), 'status', 'missing-value'],
    ['a status that is none', observation({ status: 'done' }), 'status', 'unknown-code'],
    ['a day that no calendar has', observation({ effectiveDateTime: '2014-02-30' }), 'effectiveDateTime', 'unparsable-date'],
    ['no zone at a time', observation({ effectiveDateTime: '2014-02-03T10:00:00' }), 'effectiveDateTime', 'unparsable-date'],
    ['a patient who is nowhere', observation({ subject: { reference: 'Patient/p2' } }), 'subject.reference', 'broken-reference'],
    ['nobody', observation({ subject: undefined }), 'subject', 'missing-value'],
    ['no code', observation({ code: undefined }), 'code', 'missing-value'],
    ['an id with a blank', observation({ id: 'o 1' }), 'id', 'wrong-type'],
    ['no type', { id: 'o1' }, null, 'malformed-row'],
    ['an outcome', { resourceType: 'OperationOutcome', issue: [] }, 'resourceType', 'unknown-code'],
  ] as const) {
    it(`${what} is left out for ${reason}`, async () => assert.deepEqual(await findings(resource), [{ field, reason }]));
  }

  it('a resource said twice is left out the second time; in two bundles it may be said again', async () => {
    assert.deepEqual(await findings(observation(), observation()), [{ field: 'id', reason: 'duplicate-record' }]);
    const twice = await ingestFiles('fhir', [bundle(entry(PATIENT)), bundle(entry(PATIENT), entry(observation()))]);
    assert.deepEqual(twice.report.quarantined, []);
  });

  it('entered in error is a deletion, as is a bundle’s DELETE', async () => {
    const made = await ndjson(lines(PATIENT, observation({ status: 'entered-in-error' })));
    assert.deepEqual([made.readings[0]!.deleted, rowsOf(made, 'measurement')], [1, []]);
    const deleted = await ingestFiles('fhir', [bundle({ request: { method: 'DELETE', url: 'Observation/o1' } })]);
    assert.equal(deleted.readings[0]!.deleted, 1);
    const [deletion] = rowsOf(deleted, 'deletion');
    const kept = await ingestFiles('fhir', [bundle(entry(PATIENT), entry(observation()))]);
    assert.equal(rowsOf(kept, 'measurement')[0]!['record_key'], deletion!['record_key']);
  });
});

describe('FHIR references', () => {
  const of = (reference: string) => observation({ subject: { reference } });
  const patient = { ...PATIENT, identifier: [{ system: 'urn:mrn', value: 'A|7' }] };
  for (const [what, reference] of [
    ['relative', 'Patient/p1'],
    ['absolute', 'https://ehr.example/fhir/Patient/p1'],
    ['with a version', 'Patient/p1/_history/3'],
    ['conditional', 'Patient?identifier=urn:mrn|A|7'],
    ['conditional, encoded', 'Patient?identifier=urn%3Amrn%7CA%7C7'],
  ] as const) {
    it(`${what}, also forward and across files`, async () => {
      const made = await ndjson(lines(of(reference)), lines(patient));
      assert.deepEqual(made.report.quarantined, []);
      assert.equal(rowsOf(made, 'measurement')[0]!['person_id'], rowsOf(made, 'person')[0]!['person_id']);
    });
  }

  it('urn:uuid of a bundle, forward', async () => {
    const url = 'urn:uuid:5f0c4b6e-6a4e-4e6e-9a39-111111111111';
    const made = await ingestFiles('fhir', [bundle(entry(of(url)), entry(PATIENT, url))]);
    assert.deepEqual(made.report.quarantined, []);
    assert.equal(rowsOf(made, 'measurement').length, 1);
  });

  for (const reference of ['urn:uuid:0', 'Patient?identifier=urn:mrn|B', 'Organization/p1', 'Patient/']) {
    it(`${reference} leads nowhere`, async () => assert.deepEqual(await findings(of(reference)), [{ field: 'subject.reference', reason: 'broken-reference' }]));
  }
});

describe('FHIR files', () => {
  it('a truncated line among good ones is left out alone', async () => {
    const text = `${lines(PATIENT)}${JSON.stringify(observation()).slice(0, 60)}\n${lines(observation({ id: 'o2' }))}`;
    const { readings } = await ndjson(text);
    assert.deepEqual([readings[0]!.read, readings[0]!.admitted], [3, 2]);
    assert.deepEqual(readings[0]!.quarantined, [{ where: 'line 2', findings: [{ field: null, reason: 'malformed-row' }] }]);
  });

  it('gzip is read as it is', async () => assert.equal((await ndjson(gzipSync(lines(PATIENT, observation())))).report.admitted, 2));

  it('a gzip file that breaks off, or swells a thousandfold, is refused', async () => {
    const good = gzipSync(lines(PATIENT));
    assert.equal((await ndjson(good.subarray(0, good.length - 9))).readings[0]!.refused!.reason, 'malformed');
    assert.equal((await ndjson(gzipSync(Buffer.alloc(80 * 1024 * 1024, 32)))).readings[0]!.refused!.reason, 'too-large');
  });

  for (const [what, content, reason] of [
    ['no JSON', 'Ruth Abernethy, 1947', 'malformed'],
    ['half a bundle', bundle(entry(PATIENT)).slice(0, 80), 'malformed'],
    ['another document', '{"name":"Ruth Abernethy"}', 'not-this-format'],
    ['a server’s error', '{"resourceType":"OperationOutcome","issue":[]}', 'not-this-format'],
  ] as const) {
    it(`${what} in place of a bundle is refused, without a word of it`, async () => {
      const { readings } = await ingestFiles('fhir', [content]);
      assert.equal(readings[0]!.refused!.reason, reason);
      assert.doesNotMatch(readings[0]!.refused!.detail, /Ruth|Abernethy/);
    });
  }

  it('deep nesting and a long line end neither the process nor the file', async () => {
    const deep = `{"resourceType":"Observation","id":"d","extension":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const long = `{"resourceType":"Patient","id":"l","text":"${'x'.repeat(17 * 1024 * 1024)}"}`;
    const { readings } = await ndjson(`${lines(PATIENT)}${deep}\n${long}\n${lines(observation())}`);
    assert.equal(readings[0]!.admitted, 2);
  });
});

describe('FHIR bundles that nest', () => {
  const nested = (levels: number): string => {
    const [open, close] = ['{"resourceType":"Bundle","type":"collection","entry":[{"resource":', '}]}'];
    return `${open.repeat(levels)}${JSON.stringify(PATIENT)}${close.repeat(levels)}`;
  };
  const refused = async (content: string) => (await ingestFiles('fhir', [content, bundle(entry({ ...PATIENT, id: 'p2' }))])).readings.map((reading) => reading.refused?.reason);

  it('ten levels are read', async () => {
    const { report, readings } = await ingestFiles('fhir', [nested(10)]);
    assert.deepEqual([report.admitted, readings[0]!.refused], [1, undefined]);
  });

  for (const levels of [11, 150, 2_000, 50_000])
    it(`${levels} levels are refused, that file alone`, async () => assert.deepEqual(await refused(nested(levels)), ['too-large', undefined]));

  for (const [what, resource] of [
    ['arrays', `{"resourceType":"Observation","extension":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
    ['objects', `{"resourceType":"Observation","extension":${'{"x":'.repeat(200_000)}1${'}'.repeat(200_000)}}`],
  ] as const)
    it(`${what} within ${what} are refused, alone and as an entry`, async () => {
      const posted = `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":${resource},"request":{"method":"POST","url":"Observation"}}]}`;
      assert.deepEqual(
        [await refused(resource), await refused(posted)],
        [
          ['too-large', undefined],
          ['too-large', undefined],
        ],
      );
    });
});

describe('FHIR elements that cannot be written as text', () => {
  const trap = { toString: 1, valueOf: 1 };
  const history = (resource: object) => JSON.stringify({ resourceType: 'Bundle', type: 'history', entry: [{ resource, response: { etag: trap, lastModified: trap } }] });
  it('leave no more than their record out', async () => {
    const { readings } = await ingestFiles('fhir', [
      history({ ...PATIENT, meta: { versionId: trap, lastUpdated: trap } }),
      history({ ...PATIENT, resourceType: trap }),
      JSON.stringify({ resourceType: 'Bundle', type: trap, entry: [] }),
      bundle(entry(PATIENT)),
    ]);
    assert.deepEqual(
      readings.map(({ admitted, refused }) => refused?.reason ?? admitted),
      [1, 0, 'not-this-format', 1],
    );
    const deletion = { resourceType: 'Bundle', entry: [{ request: { method: 'DELETE', url: trap } }] };
    assert.deepEqual(await findings(deletion), [{ field: 'resourceType', reason: 'unknown-code' }]);
  });
});

describe('FHIR and personal data', () => {
  const PLANTED = [
    'Ruth Abernethy',
    '555-0123',
    'ruth@mail.example.org',
    'MRN 12345678',
    '078-05-1120',
    'SN-9981-X',
    '14 Larkspur Hollow',
    '05401',
    'https://ruth.example.org',
    '203.0.113.7',
  ];
  const [name, phone, mail, mrn, ssn, serial, street, zip, url, ip] = PLANTED as [string, ...string[]];
  it('no planted identifier reaches a staged row, a place or a reason', async () => {
    const made = await ndjson(
      lines(
        {
          ...PATIENT,
          text: { status: 'generated', div: `<div>${name}</div>` },
          identifier: [
            { system: 'urn:mrn', value: mrn },
            { system: 'http://hl7.org/fhir/sid/us-ssn', value: ssn },
          ],
          name: [{ text: name }],
          telecom: [
            { system: 'phone', value: phone },
            { system: 'email', value: mail },
          ],
          address: [{ line: [street], postalCode: zip }],
          photo: [{ url }],
          contact: [{ name: { text: name } }],
          extension: [{ url: 'https://example.org/ip', valueString: ip }],
        },
        observation({
          note: [{ text: `${name} ${phone}` }],
          valueQuantity: undefined,
          valueString: `spoke to ${name}`,
          contained: [{ resourceType: 'Device', id: 'd', serialNumber: serial }],
          device: { reference: '#d', display: serial },
        }),
        {
          resourceType: 'Device',
          id: 'd1',
          patient: { reference: 'Patient/p1' },
          type: coded('http://snomed.info/sct', '14106009'),
          serialNumber: serial,
          udiCarrier: [{ carrierHRF: serial }],
          manufactureDate: '2010-01-01',
        },
        {
          resourceType: 'DiagnosticReport',
          id: 'r1',
          status: 'final',
          code: INR,
          subject: { reference: 'Patient/p1' },
          presentedForm: [{ data: Buffer.from(name).toString('base64'), url }],
        },
        observation({ id: 'bad', status: name, encounter: { reference: `Encounter/${mrn}` } }),
      ),
    );
    const out = JSON.stringify([made.rows, made.readings, made.report]);
    for (const planted of [...PLANTED, Buffer.from(name).toString('base64'), '"p1"']) assert.ok(!out.includes(planted), `${planted} came through`);
    assert.ok(JSON.stringify(made.quarantined).includes(name), 'the quarantine keeps the source’s own text');
  });
});

describe('real bundles', () => {
  const FOLDER = join(import.meta.dirname, '../../../../shared/data/fhir-synthea-r4');
  const skip = existsSync(FOLDER) ? false : 'the Synthea bundles are not in the shared data beside the checkout';

  it('every resource is admitted, and rows are as many as the raw JSON says', { skip }, async () => {
    const paths = readdirSync(FOLDER)
      .filter((file) => file.endsWith('.json'))
      .map((file) => join(FOLDER, file));
    const resources = paths.flatMap((path) =>
      (JSON.parse(readFileSync(path, 'utf8')) as { entry: { resource: Record<string, never> }[] }).entry.map((each) => each.resource as Record<string, unknown>),
    );
    const { report, rows } = await ingestFiles(
      'fhir',
      paths.map((path) => ({ path })),
    );
    assert.deepEqual([report.read, report.admitted, report.quarantined], [resources.length, resources.length, []]);
    const ofType = (...types: string[]) => resources.filter((resource) => types.includes(String(resource['resourceType'])));
    assert.equal(report.rows['visit_occurrence'], ofType('Encounter').length);
    assert.equal(report.rows['condition_occurrence'], ofType('Condition').length);
    assert.equal(report.rows['procedure_occurrence'], ofType('Procedure').length);
    assert.equal(report.rows['drug_exposure'], ofType('MedicationRequest', 'Immunization').length);
    const warfarin = ofType('MedicationRequest').filter((resource) => /warfarin/i.test(JSON.stringify(resource['medicationCodeableConcept'])));
    assert.ok(warfarin.length > 0);
    const codes = new Set(warfarin.map((resource) => (resource['medicationCodeableConcept'] as { coding: { code: string }[] }).coding[0]!.code));
    const exposures = rows.filter(({ row }) => row.table === 'drug_exposure' && codes.has(String(row['drug_source_value'])));
    assert.equal(exposures.length, warfarin.length);
    const patients = new Set(warfarin.map((resource) => (resource['subject'] as { reference: string }).reference));
    assert.equal(new Set(exposures.map(({ row }) => row['person_id'])).size, patients.size);
  });
});
