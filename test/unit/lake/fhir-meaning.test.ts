import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ingestFiles } from './ingest-file.ts';

type Resource = Record<string, unknown> & { resourceType: string; id?: string };

const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';
const coded = (system: string, code: string) => ({ coding: [{ system, code }] });
const PATIENT: Resource = { resourceType: 'Patient', id: 'p1', gender: 'female', birthDate: '1951-05-02' };
const subject = { reference: 'Patient/p1' };
const observation = (more: object = {}): Resource => ({
  resourceType: 'Observation',
  id: 'o1',
  status: 'final',
  code: coded(LOINC, '6301-6'),
  subject,
  effectiveDateTime: '2014-05-17T08:30:00+02:00',
  valueQuantity: { value: 2.4, unit: '{INR}' },
  ...more,
});
const condition = (more: object): Resource => ({ resourceType: 'Condition', id: 'c1', subject, code: coded(SNOMED, '73211009'), ...more });
const prescription = (more: object = {}): Resource => ({
  resourceType: 'MedicationRequest',
  id: 'm1',
  status: 'active',
  intent: 'order',
  subject,
  medicationCodeableConcept: coded('http://www.nlm.nih.gov/research/umls/rxnorm', '855332'),
  authoredOn: '2014-05-17',
  ...more,
});
const visit = (more: object = {}): Resource => ({
  resourceType: 'Encounter',
  id: 'e1',
  status: 'finished',
  class: { code: 'AMB' },
  subject,
  period: { start: '2014-05-17', end: '2014-05-17' },
  ...more,
});

const lines = (...resources: unknown[]) => `${resources.map((resource) => JSON.stringify(resource)).join('\n')}\n`;
const read = async (...resources: Resource[]) => outcome(await ingestFiles('fhir-ndjson', [lines(PATIENT, ...resources)]));
const bundles = async (...documents: object[]) =>
  outcome(
    await ingestFiles(
      'fhir',
      documents.map((document) => JSON.stringify(document)),
    ),
  );
const outcome = ({ rows, readings }: Awaited<ReturnType<typeof ingestFiles>>) => ({
  rows: (table: string) => rows.map(({ row }) => row).filter((row) => row.table === table),
  findings: readings.flatMap(({ quarantined }) => quarantined.flatMap(({ findings }) => findings)),
  readings,
});
const bundle = (type: string, ...entry: object[]) => ({ resourceType: 'Bundle', type, entry });

describe('what FHIR says did not happen makes no row', () => {
  for (const [what, resource] of [
    ['a suggestion', prescription({ intent: 'proposal' })],
    ['an option', prescription({ intent: 'option' })],
    ['an order not to give', prescription({ doNotPerform: true })],
    ['a refuted condition', condition({ onsetDateTime: '2001', verificationStatus: coded('urn:v', 'refuted') })],
    [
      'a vaccination not done',
      { resourceType: 'Immunization', id: 'i1', status: 'not-done', patient: subject, vaccineCode: coded('http://hl7.org/fhir/sid/cvx', '140'), occurrenceDateTime: '2013-01-10' },
    ],
    ['that nothing is known of', condition({ onsetDateTime: '2001', code: coded('http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips', 'no-known-problems') })],
    ['a drug that is not known', prescription({ medicationCodeableConcept: coded('http://terminology.hl7.org/CodeSystem/data-absent-reason', 'unknown') })],
    ['an observation of nothing', observation({ code: coded('http://terminology.hl7.org/CodeSystem/v3-NullFlavor', 'UNK') })],
    ['a planned visit', visit({ status: 'planned' })],
    ['a herd', observation({ subject: { reference: 'Group/herd1' } })],
    ['a device', observation({ subject: { reference: 'Device/d1' } })],
  ] as const) {
    it(what, async () => {
      const { rows, findings, readings } = await read(resource);
      assert.deepEqual(findings, []);
      assert.equal(readings[0]!.admitted, 2);
      for (const table of ['drug_exposure', 'condition_occurrence', 'visit_occurrence', 'measurement']) assert.deepEqual(rows(table), [], table);
    });
  }

  it('an unconfirmed condition is a preliminary diagnosis', async () => {
    const { rows } = await read(condition({ onsetDateTime: '2001', verificationStatus: coded('urn:v', 'provisional') }));
    const [row] = rows('condition_occurrence');
    assert.deepEqual([row!['condition_status_concept_id'], row!['condition_status_source_value']], [32899, 'provisional']);
  });

  it('a modifier that is not known leaves the record out, wherever it stands in what is read', async () => {
    const modifierExtension = [{ url: 'https://example.org/not', valueBoolean: true }];
    const { findings } = await read(
      observation({ modifierExtension }),
      prescription({ dispenseRequest: { modifierExtension } }),
      visit({ implicitRules: 'https://example.org/rules' }),
    );
    assert.deepEqual(findings, [
      { field: 'modifierExtension', reason: 'unknown-modifier' },
      { field: 'dispenseRequest[0].modifierExtension', reason: 'unknown-modifier' },
      { field: 'implicitRules', reason: 'unknown-modifier' },
    ]);
  });

  it('an encounter that makes no visit is nobody’s visit', async () => {
    const { rows, findings } = await read(visit({ status: 'cancelled' }), observation({ encounter: { reference: 'Encounter/e1' } }));
    assert.deepEqual(findings, []);
    assert.equal(rows('measurement')[0]!['visit_occurrence_id'] ?? null, null);
  });
});

describe('FHIR dates are compared by what they can mean', () => {
  for (const [what, resource, table, start, end] of [
    ['an end told by its month', visit({ period: { start: '2014-05-17', end: '2014-05' } }), 'visit', '2014-05-17', '2014-05-17'],
    ['an end in another zone', visit({ period: { start: '2014-05-18T00:30:00+10:00', end: '2014-05-17T20:00:00Z' } }), 'visit', '2014-05-18', '2014-05-18'],
    ['an end alone', visit({ period: { end: '2014-05-17' } }), 'visit', '2014-05-17', '2014-05-17'],
    ['a year of abatement', condition({ onsetDateTime: '2014-05-17', abatementDateTime: '2014' }), 'condition', '2014-05-17', '2014-05-17'],
    ['over before it was recorded', condition({ recordedDate: '2020-03-01', abatementDateTime: '2014-05-17' }), 'condition', '2014-05-17', '2014-05-17'],
    ['recorded, then over', condition({ recordedDate: '2014-05-17', abatementDateTime: '2020-03-01' }), 'condition', '2014-05-17', '2020-03-01'],
  ] as const) {
    it(`${what} is no contradiction`, async () => {
      const { rows, findings } = await read(resource);
      assert.deepEqual(findings, []);
      const [row] = rows(`${table}_occurrence`);
      assert.deepEqual([row![`${table}_start_date`], row![`${table}_end_date`]], [start, end]);
    });
  }

  it('a death told by the year of birth', async () => {
    const { rows, findings } = outcome(await ingestFiles('fhir-ndjson', [lines({ ...PATIENT, deceasedDateTime: '1951' })]));
    assert.deepEqual([findings, rows('death').length], [[], 1]);
  });

  for (const [what, resource, field] of [
    ['an hour before its start', visit({ period: { start: '2014-05-17T10:00:00Z', end: '2014-05-17T09:00:00Z' } }), 'period.end'],
    ['a month before its start', visit({ period: { start: '2014-05-17', end: '2014-04' } }), 'period.end'],
    ['before its onset', condition({ onsetDateTime: '2014-05-17', abatementDateTime: '2013' }), 'abatement[x]'],
  ] as const) {
    it(`an end ${what} is one`, async () => assert.deepEqual((await read(resource)).findings, [{ field, reason: 'impossible-value' }]));
  }
});

describe('FHIR codes', () => {
  it('a coding of a vocabulary comes before a local one, also by its object identifier', async () => {
    const code = {
      coding: [
        { system: 'urn:oid:1.2.840.114350', code: 'LAB7' },
        { system: 'urn:oid:2.16.840.1.113883.6.1', code: '6301-6' },
      ],
    };
    const [row] = (await read(observation({ code }))).rows('measurement');
    assert.deepEqual([row!['measurement_source_value'], row!['measurement_concept_id']], ['6301-6', 3022217]);
    const [unknown] = (
      await read(
        observation({
          code: {
            coding: [
              { system: 'urn:local', code: 'LAB7' },
              { system: LOINC, code: '99999-9' },
            ],
          },
        }),
      )
    ).rows('measurement');
    assert.deepEqual([unknown!['measurement_source_value'], unknown!['measurement_concept_id']], ['99999-9', 0]);
  });

  it('a concept in words alone is kept by its words', async () => {
    const { rows, findings } = await read(
      observation({ code: { text: 'Prothrombin time' } }),
      prescription({ medicationCodeableConcept: { coding: [{ display: 'warfarin 5 mg' }] } }),
    );
    assert.deepEqual(findings, []);
    assert.deepEqual([rows('measurement')[0]!['measurement_source_value'], rows('measurement')[0]!['measurement_concept_id']], ['Prothrombin time', 0]);
    assert.equal(rows('drug_exposure')[0]!['drug_source_value'], 'warfarin 5 mg');
  });

  it('a drug that is told elsewhere is known by the words of its reference, or not at all', async () => {
    const by = (medicationReference: object) => read(prescription({ medicationCodeableConcept: undefined, medicationReference }));
    assert.equal((await by({ reference: 'Medication/w', display: 'Warfarin' })).rows('drug_exposure')[0]!['drug_source_value'], 'Warfarin');
    assert.deepEqual((await by({ reference: 'Medication/w' })).findings, [{ field: 'medicationReference.reference', reason: 'broken-reference' }]);
  });

  it('a dispensed quantity and its days are kept', async () => {
    const { rows } = await read({
      ...prescription({ resourceType: 'MedicationDispense', id: 'x1', status: 'completed', intent: undefined, authoredOn: undefined }),
      whenHandedOver: '2014-05-17',
      quantity: { value: 30, unit: 'TAB' },
      daysSupply: { value: 30, unit: 'Day', code: 'd' },
    } as Resource);
    const [row] = rows('drug_exposure');
    assert.deepEqual([row!['quantity'], row!['days_supply']], [30, 30]);
  });

  it('what was given keeps its dose', async () => {
    const { rows } = await read(
      {
        ...prescription({ resourceType: 'MedicationAdministration', id: 'a1', status: 'completed', intent: undefined, authoredOn: undefined }),
        effectiveDateTime: '2014-05-17T08:00:00Z',
        dosage: { text: 'by mouth', dose: { value: 5, unit: 'mg' } },
      } as Resource,
      {
        resourceType: 'Immunization',
        id: 'i1',
        status: 'completed',
        patient: subject,
        vaccineCode: coded('http://hl7.org/fhir/sid/cvx', '140'),
        occurrenceDateTime: '2013-01-10',
        doseQuantity: { value: 0.5, unit: 'mL' },
      },
    );
    assert.deepEqual(
      rows('drug_exposure').map((row) => [row['quantity'], row['dose_unit_source_value']]),
      [
        [5, 'mg'],
        [0.5, 'mL'],
      ],
    );
  });

  it('two races are none of the CDM’s', async () => {
    const category = (code: string) => ({ url: 'ombCategory', valueCoding: { system: 'urn:oid:2.16.840.1.113883.6.238', code } });
    const race = (...codes: string[]) => ({ url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race', extension: codes.map(category) });
    const of = async (...codes: string[]) => outcome(await ingestFiles('fhir-ndjson', [lines({ ...PATIENT, extension: [race(...codes)] })])).rows('person')[0]!['race_concept_id'];
    assert.deepEqual([await of('2106-3'), await of('1002-5'), await of('2076-8'), await of('2106-3', '2028-9')], [8527, 8657, 8557, 0]);
  });
});

describe('FHIR elements that R4 does not have', () => {
  for (const [what, resource, field] of [
    ['a value of a type that it may not have', observation({ valueQuantity: undefined, valueDecimal: 2.4 }), 'value[x]'],
    ['a misspelt day', observation({ effectiveDateTime: undefined, effectiveDatetime: '2014-05-17' }), 'effectiveDateTime'],
    ['a misspelt date of birth', { ...PATIENT, id: 'p2', birthDate: undefined, birthdate: '1951-05-02' }, 'birthDate'],
    ['a member that a quantity does not have', observation({ valueQuantity: { value: 2.4, units: 'kg' } }), 'valueQuantity'],
    ['one that a coding does not have', observation({ code: { coding: [{ system: LOINC, code: '6301-6', desc: 'INR' }] } }), 'code.coding[0]'],
    [
      'what an earlier version said was not done',
      { ...prescription({ resourceType: 'Procedure', status: 'completed', code: coded(SNOMED, '1'), performedDateTime: '2014' }), notDone: true },
      'notDone',
    ],
    ['a component’s', observation({ component: [{ code: coded(LOINC, '8480-6'), valueAmount: 7 }] }), 'component[0].value[x]'],
    ['a contained medication’s', prescription({ contained: [{ resourceType: 'Medication', id: 'w', valueDecimal: 5 }] }), 'contained[0].value[x]'],
  ] as const) {
    it(`${what} leaves the record out`, async () => assert.deepEqual((await read(resource)).findings, [{ field, reason: 'schema-violation' }]));
  }

  it('a name that could be somebody’s is not told', async () => {
    const names = ['Ruth Abernethy', 'Abernethy', 'RuthAbernethy'];
    for (const name of names) {
      const { findings } = await read(observation({ valueQuantity: { value: 2.4, [name]: true } }));
      assert.deepEqual(findings, [{ field: 'valueQuantity', reason: 'schema-violation' }]);
    }
    const { findings } = await read(observation({ valueRuthAbernethy: 1, _valueAbernethy: {}, component: [{ code: coded(LOINC, '8480-6'), valueAbernethy: 7 }] }));
    assert.deepEqual(
      findings.map(({ field }) => field),
      ['value[x]', 'value[x]', 'component[0].value[x]'],
    );
  });

  it('what is contained, and not read, may have what its own type has', async () => {
    const request = { resourceType: 'ServiceRequest', id: 'sr', status: 'active', intent: 'order', subject, occurrencePeriod: { start: '2014-05-17' } };
    const { rows, findings } = await read(observation({ contained: [request], basedOn: [{ reference: '#sr' }] }));
    assert.deepEqual([findings, rows('measurement').length], [[], 1]);
  });

  it('a primitive’s extension and other resources’ extras are none of ours', async () => {
    const { findings, readings } = await read(observation({ _status: { extension: [{ url: 'https://example.org/x', valueDecimal: 1 }] }, hospitalNote: 'x' }), {
      resourceType: 'Basic',
      id: 'b1',
      valueDecimal: 1,
    });
    assert.deepEqual([findings, readings[0]!.admitted], [[], 3]);
  });

  it('a titre and a range keep their value', async () => {
    const of = async (more: object) =>
      (await read(observation({ valueQuantity: undefined, category: [coded('urn:c', 'laboratory')], ...more }))).rows('measurement')[0]!['value_source_value'];
    assert.deepEqual(
      [await of({ valueRatio: { numerator: { value: 1 }, denominator: { value: 128 } } }), await of({ valueRange: { low: { value: 5 }, high: { value: 10 } } })],
      ['1:128', '5-10'],
    );
  });

  it('a titre keeps its comparators, a range its unit; what would lose its unit is not kept', async () => {
    const of = async (more: object) => {
      const [row] = (await read(observation({ valueQuantity: undefined, category: [coded('urn:c', 'laboratory')], ...more }))).rows('measurement');
      return [row!['value_source_value'] ?? null, row!['unit_source_value'] ?? null];
    };
    const [mg, mL, one] = ['mg', 'mL', '1'].map((unit) => ({ unit }));
    assert.deepEqual(await of({ valueRatio: { numerator: { value: 1 }, denominator: { comparator: '<', value: 8 } } }), ['1:<8', null]);
    assert.deepEqual(await of({ valueRatio: { numerator: { value: 1, ...one }, denominator: { value: 8, ...one } } }), ['1:8', null]);
    assert.deepEqual(await of({ valueRatio: { numerator: { value: 5, ...mg }, denominator: { value: 1, ...mL } } }), [null, null]);
    assert.deepEqual(await of({ valueRatio: { numerator: { value: 5, ...mg }, denominator: { value: 1, ...mg } } }), [null, null]);
    assert.deepEqual(await of({ valueRange: { low: { value: 5, ...mg }, high: { value: 10, ...mg } } }), ['5-10', 'mg']);
    assert.deepEqual(await of({ valueRange: { low: { value: 5, ...mg }, high: { value: 10, ...mL } } }), [null, null]);
    assert.deepEqual(await of({ valueRange: { low: { value: 5, unit: 'Erika Mustermann' }, high: { value: 10, unit: 'Erika Mustermann' } } }), [null, null]);
  });
});

describe('FHIR references of other kinds', () => {
  const patient = { ...PATIENT, identifier: [{ system: 'https://hospital.example/mrn', value: '7' }] };
  const of = (reference: object) => observation({ subject: reference });
  for (const [what, reference] of [
    ['conditional, of a system that is an address', { reference: 'Patient?identifier=https://hospital.example/mrn|7' }],
    ['conditional, of any system', { reference: 'Patient?identifier=7' }],
    ['by identifier alone', { type: 'Patient', identifier: { system: 'https://hospital.example/mrn', value: '7' } }],
  ] as const) {
    it(what, async () => {
      const { rows, findings } = outcome(await ingestFiles('fhir-ndjson', [lines(of(reference), patient)]));
      assert.deepEqual(findings, []);
      assert.equal(rows('measurement')[0]!['person_id'], rows('person')[0]!['person_id']);
    });
  }

  it('an identifier that two patients have is nobody’s', async () => {
    const { findings } = outcome(
      await ingestFiles('fhir-ndjson', [lines(of({ reference: 'Patient?identifier=https://hospital.example/mrn|7' }), patient, { ...patient, id: 'p2' })]),
    );
    assert.deepEqual(findings, [{ field: 'subject.reference', reason: 'broken-reference' }]);
  });

  it('an episode of care is no encounter, and no fault', async () => {
    const { rows, findings } = await read({
      ...prescription({ resourceType: 'MedicationStatement', id: 's1', intent: undefined, authoredOn: undefined, effectiveDateTime: '2014-05-17' }),
      context: { reference: 'EpisodeOfCare/1' },
    } as Resource);
    assert.deepEqual([findings, rows('drug_exposure').length], [[], 1]);
  });

  it('an address that names no id leads to its entry; the same urn in two bundles to two patients', async () => {
    const of = (url: string, id: string) =>
      bundle('collection', { fullUrl: url, resource: { ...PATIENT, id } }, { fullUrl: `urn:uuid:o-${id}`, resource: { ...observation({ subject: { reference: url } }), id } });
    const { rows, findings } = await bundles(of('urn:uuid:patient', 'a'), of('urn:uuid:patient', 'b'), of('https://ehr.example/people?x', 'c'));
    assert.deepEqual(findings, []);
    const people = rows('measurement').map((row) => row['person_id']);
    assert.deepEqual([new Set(people).size, new Set(people)], [3, new Set(rows('person').map((row) => row['person_id']))]);
  });

  it('an organization that is not among the others is no fault', async () => {
    const { rows, findings } = await read({ resourceType: 'Organization', id: 'here' }, visit({ serviceProvider: { reference: 'Organization/there' } }));
    assert.deepEqual([findings, rows('visit_occurrence').length], [[], 1]);
  });

  it('an update refers to patients and encounters that came before', async () => {
    const whole = outcome(await ingestFiles('fhir-ndjson', [lines(PATIENT, visit(), observation({ encounter: { reference: 'Encounter/e1' } }))]));
    const update = outcome(await ingestFiles('fhir-ndjson-update', [lines(visit({ id: 'e2' }), observation({ encounter: { reference: 'Encounter/e1' } }))]));
    assert.deepEqual(update.findings, []);
    const [before, after] = [whole, update].map(({ rows }) => rows('measurement')[0]!);
    assert.deepEqual([after!['person_id'], after!['visit_occurrence_id']], [before!['person_id'], before!['visit_occurrence_id']]);
  });
});

describe('FHIR bundles of other kinds', () => {
  it('of a history the newest version counts, also where that is a deletion', async () => {
    const put = (resource: Resource) => ({ resource, request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` }, response: { status: '200' } });
    const { rows, findings, readings } = await bundles(
      bundle(
        'history',
        { request: { method: 'DELETE', url: 'Observation/gone' }, response: { status: '204' } },
        put(observation({ valueQuantity: { value: 3 } })),
        put(PATIENT),
        put(observation({ valueQuantity: { value: 2 } })),
        put(observation({ id: 'gone' })),
      ),
    );
    assert.deepEqual(findings, []);
    assert.deepEqual(
      rows('measurement').map((row) => row['value_as_number']),
      [3],
    );
    assert.equal(readings[0]!.deleted, 1);
  });

  describe('a history in pages', () => {
    type Told = { lastUpdated?: string; versionId?: string };
    const put = (value: number, meta?: Told, more: object = {}) => ({
      resource: observation({ valueQuantity: { value, unit: '{INR}' }, meta, ...more }),
      request: { method: 'PUT', url: 'Observation/o1' },
      response: { status: '200' },
    });
    const deletion = (response: object = {}) => ({ request: { method: 'DELETE', url: 'Observation/o1' }, response: { status: '204', ...response } });
    const patient = { resource: PATIENT, request: { method: 'PUT', url: 'Patient/p1' }, response: { status: '200' } };
    const on = (day: string): string => `2020-01-${day}T00:00:00Z`;
    const [v1, v2, v3] = [1, 2, 3].map((version) => put(version, { lastUpdated: on(`0${version}`), versionId: `${version}` })) as [object, object, object];
    const numbered = (version: string) => put(Number(version), { versionId: version });
    const unsaid = [{ field: 'meta.lastUpdated', reason: 'contradictory-value' }];

    /** What is left of the observation, in whatever order the pages come and their entries stand in them. */
    const left = async (...pages: object[][]): Promise<unknown> => {
      const reversed = pages.map((page) => page.toReversed());
      const outcomes = [];
      for (const order of [pages, pages.toReversed(), reversed, reversed.toReversed()]) {
        const { rows, findings, readings } = await bundles(bundle('collection', patient), ...order.map((page) => bundle('history', ...page)));
        outcomes.push({ values: rows('measurement').map((row) => row['value_as_number']), deleted: readings.reduce((sum, { deleted }) => sum + deleted, 0), findings });
      }
      for (const outcome of outcomes) assert.deepEqual(outcome, outcomes[0]);
      return outcomes[0];
    };

    for (const [what, pages, values, deleted] of [
      ['the newest by its time', [[v3], [v2], [v1]], [3], 0],
      ['within one page, too', [[v3, v2, v1]], [3], 0],
      ['by the number where there is no time', [[numbered('9')], [numbered('11'), numbered('10')]], [11], 0],
      ['by the number of one moment', [[put(4, { lastUpdated: on('01'), versionId: '4' })], [put(5, { lastUpdated: on('01'), versionId: '5' })]], [5], 0],
      ['by the time, not the number', [[put(7, { lastUpdated: on('07'), versionId: '1' })], [v3]], [7], 0],
      ['by moments of two zones', [[put(7, { lastUpdated: '2020-01-04T00:30:00+02:00' })], [put(8, { lastUpdated: '2020-01-03T23:00:00Z' })]], [8], 0],
      ['a deletion, by its time', [[deletion({ lastModified: on('04') })], [v3, v2]], [], 1],
      ['a deletion, by its number', [[deletion({ etag: 'W/"3"' })], [numbered('2')]], [], 1],
      ['what came back after a deletion', [[deletion({ lastModified: on('02') }), v1], [v3]], [3], 0],
      ['what was entered in error', [[put(4, { lastUpdated: on('04') }, { status: 'entered-in-error' })], [v3]], [], 1],
      ['the same version on two pages', [[v2], [v2, v1]], [2], 0],
      ['the same without a word of when', [[put(2)], [put(2)]], [2], 0],
    ] as const)
      it(`${what} counts`, async () => assert.deepEqual(await left(...pages.map((page) => [...page])), { values, deleted, findings: [] }));

    for (const [what, pages] of [
      ['neither time nor number', [[put(3)], [put(2)]]],
      ['a deletion that tells neither, and a version on another page', [[deletion()], [v2]]],
      ['one moment and no number', [[put(3, { lastUpdated: on('01') })], [put(2, { lastUpdated: on('01') })]]],
    ] as const)
      it(`${what}: left out`, async () => assert.deepEqual(await left(...pages.map((page) => [...page])), { values: [], deleted: 0, findings: [...unsaid, ...unsaid] }));

    it('in one bundle a deletion that tells neither counts by its place, but where the times tell of another order', async () => {
      const of = async (...entries: object[]) => {
        const { rows, findings, readings } = await bundles(bundle('history', patient, ...entries));
        return [rows('measurement').length, readings[0]!.deleted, findings.length];
      };
      assert.deepEqual(await of(deletion(), v3, v2), [0, 1, 0]);
      assert.deepEqual(await of(v2, v3, deletion()), [0, 0, 3]);
    });

    it('a reference leads to the newest version of a patient', async () => {
      const of = (day: string, value: string) => ({
        ...patient,
        resource: { ...PATIENT, meta: { lastUpdated: on(day) }, identifier: [{ system: 'urn:mrn', value }] },
      });
      const about = { resource: observation({ subject: { reference: 'Patient?identifier=urn:mrn|new' } }) };
      const { rows, findings } = await bundles(bundle('history', of('01', 'old')), bundle('history', of('02', 'new')), bundle('collection', about));
      assert.deepEqual([findings, rows('measurement').length, rows('person').length], [[], 1, 1]);
      const stale = await bundles(bundle('history', of('02', 'old')), bundle('history', of('01', 'new')), bundle('collection', about));
      assert.deepEqual(stale.findings, [{ field: 'subject.reference', reason: 'broken-reference' }]);
    });

    it('records without an id are told apart', async () => {
      const of = (end: string, value: number) => ({
        ...put(value),
        fullUrl: `urn:uuid:5f0c4b6e-6a4e-4e6e-9a39-00000000000${end}`,
        resource: { ...observation({ valueInteger: value, valueQuantity: undefined }), id: undefined },
      });
      const { rows, findings } = await bundles(bundle('history', patient, of('1', 1), of('2', 2)));
      assert.deepEqual([findings, rows('measurement').map((row) => row['value_as_number'])], [[], [1, 2]]);
    });
  });

  describe('entries without an id', () => {
    const idless = (url: string, birthDate: string, value: number) =>
      bundle(
        'collection',
        { fullUrl: url, resource: { ...PATIENT, id: undefined, birthDate } },
        { fullUrl: `https://ehr.example/o?${value}`, resource: observation({ id: undefined, subject: { reference: url }, valueQuantity: { value } }) },
      );

    it('are named by a UUID, which means the same in every bundle', async () => {
      const url = (end: string) => `urn:uuid:5f0c4b6e-6a4e-4e6e-9a39-00000000000${end}`;
      const { rows, findings } = await bundles(idless(url('1'), '1951', 2), idless(url('2'), '1980', 4), idless(url('1'), '1951', 3));
      const personOf = new Map(rows('measurement').map((row) => [row['value_as_number'], row['person_id']]));
      assert.deepEqual([findings, personOf.get(2), new Set(personOf.values()).size], [[], personOf.get(3), 2]);
    });

    for (const url of ['urn:uuid:patient', 'urn:uuid:5f0c4b6e', 'urn:oid:patient', 'patient', 'urn:uuid:5f0c4b6e-6a4e-4e6e-9a39-000000000001x'])
      it(`${url} is no name: it may be another’s in the next bundle`, async () => {
        const { rows, findings } = await bundles(idless(url, '1951', 2), idless(url, '1980', 4));
        const expected = [
          { field: 'fullUrl', reason: 'wrong-type' },
          { field: 'subject.reference', reason: 'broken-reference' },
        ];
        assert.deepEqual([rows('person'), rows('measurement'), findings], [[], [], [...expected, ...expected]]);
      });
  });

  it('the searches of a batch are read; what they warn of, and requests to read, are no records', async () => {
    const search = bundle(
      'searchset',
      { resource: PATIENT, search: { mode: 'match' } },
      { resource: { resourceType: 'OperationOutcome', issue: [{ severity: 'warning', code: 'informational' }] }, search: { mode: 'outcome' } },
    );
    const { rows, findings } = await bundles(
      bundle('batch-response', { resource: search, response: { status: '200' } }, { resource: bundle('searchset', { resource: observation() }) }),
      bundle('batch', { resource: visit() }, { request: { method: 'GET', url: 'Patient/p1' } }),
    );
    assert.deepEqual(findings, []);
    assert.deepEqual([rows('person').length, rows('measurement').length, rows('visit_occurrence').length], [1, 1, 1]);
  });

  it('what is to be created needs no name', async () => {
    const post = (resource: Resource) => ({ resource: { ...resource, id: undefined }, request: { method: 'POST', url: resource.resourceType } });
    const put = { resource: { ...observation(), id: undefined }, request: { method: 'PUT', url: 'Observation?identifier=urn:lab|7' } };
    const { rows, findings } = await bundles(
      bundle('transaction', { resource: PATIENT, request: { method: 'PUT', url: 'Patient/p1' } }, post(observation()), post(observation({ effectiveDateTime: '2014-06-17' })), put),
    );
    assert.deepEqual([findings, rows('measurement').length], [[], 3]);
  });

  it('a heading of an export that is organized by patients is no record', async () => {
    const { findings, rows } = await read({ resourceType: 'Parameters', parameter: [{ name: 'header', valueReference: { reference: 'Patient/p1' } }] }, observation());
    assert.deepEqual([findings, rows('measurement').length], [[], 1]);
  });

  it('a patch is left out; answers alone, and a bundle of no known type, are refused', async () => {
    const { findings } = await bundles(bundle('transaction', { resource: { resourceType: 'Parameters' }, request: { method: 'PATCH', url: 'Patient/p1' } }));
    assert.deepEqual(findings, [{ field: 'request.method', reason: 'unknown-code' }]);
    const { readings } = await bundles(bundle('transaction-response', { response: { status: '201', location: 'Patient/p1/_history/1' } }), { resourceType: 'Bundle', entry: [] });
    assert.deepEqual(
      readings.map(({ refused }) => refused?.detail),
      [
        'no entry of the bundle has a resource: it holds requests or a server’s responses alone',
        'Bundle.type must be one of document, message, transaction, transaction-response, batch, batch-response, history, searchset, collection',
      ],
    );
  });
});

describe('vital signs and laboratory results are in one unit, with value and unit as they were said', () => {
  for (const [code, value, unit, number, unitConcept] of [
    ['29463-7', 165, '[lb_av]', 74.84274105, 9529],
    ['29463-7', 74_500, 'g', 74.5, 9529],
    ['29463-7', 74.5, 'kg', 74.5, 9529],
    ['8302-2', 70, '[in_i]', 177.8, 8582],
    ['8310-5', 98.6, '[degF]', 37, 586323],
    ['29463-7', 74.5, 'cm', 74.5, 8582],
    // what LOINC defines by mass is by mass, what by substance by substance
    ['2345-7', 99, 'mg/dL', 99, 8840],
    ['2345-7', 5.5, 'mmol/L', 99.0858, 8840],
    ['14749-6', 99.0858, 'mg/dL', 5.5, 8753],
    ['2160-0', 88.4017, 'umol/L', 1.0000000304, 8840],
    ['718-7', 135, 'g/L', 13.5, 8713],
    ['6690-2', 5.4, '10*9/L', 5.4, 8848],
    ['4544-3', 0.42, '1', 42, 8554],
    // what is no unit of it stays as it was said
    ['2345-7', 5.5, 'mm[Hg]', 5.5, 8876],
    // a unit as it is spelt beside UCUM has its concept, too
    ['2093-3', 180, 'mg/dl', 180, 8840],
    ['8480-6', 120, 'mmHg', 120, 8876],
  ] as const)
    it(`${code}: ${value} ${unit}`, async () => {
      const quantity = { value, unit: 'as shown', system: 'http://unitsofmeasure.org', code: unit };
      const { rows, findings } = await read(
        observation({ code: coded(LOINC, code), valueQuantity: quantity }),
        observation({ id: 'o2', code: coded(LOINC, '85353-1'), valueQuantity: undefined, component: [{ code: coded(LOINC, code), valueQuantity: quantity }] }),
      );
      assert.deepEqual(findings, []);
      assert.deepEqual(
        rows('measurement').map(({ value_as_number, unit_concept_id, value_source_value, unit_source_value }) => [
          value_as_number,
          unit_concept_id,
          value_source_value,
          unit_source_value,
        ]),
        [1, 2].map(() => [number, unitConcept, String(value), unit]),
      );
    });
});
