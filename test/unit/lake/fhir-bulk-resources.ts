import fc from 'fast-check';

type Resource = Record<string, unknown>;

const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';
const RXNORM = 'http://www.nlm.nih.gov/research/umls/rxnorm';
const UCUM = 'http://unitsofmeasure.org';
const concept = (system: string, code: string) => ({ coding: [{ system, code, display: `the concept ${code}` }], text: code });
const drug = concept(RXNORM, '855332');

const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2023-12-31'), noInvalidDate: true }).map((date) => date.toISOString());
const moment = fc.oneof(
  day.map((text) => `${text.slice(0, 19)}+01:00`),
  day.map((text) => `${text.slice(0, 23)}Z`),
  day.map((text) => text.slice(0, 10)),
);
const value = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0, max: 200, noNaN: true }),
  fc.integer({ min: 0, max: 5000 }).map((tenths) => tenths / 10),
);
const quantity = fc
  .record({ value, unit: fc.constantFrom('mg/dL', 'kg', '[lb_av]', '{INR}'), code: fc.constantFrom('mg/dL', 'kg', '[lb_av]', '{INR}') })
  .map((told) => ({ ...told, system: UCUM }));
const subject = fc.constantFrom('p1', 'p2', 'p3').map((id) => ({ reference: `Patient/${id}` }));
const encounter = fc.constantFrom('e1', 'e2').map((id) => ({ reference: `Encounter/${id}`, display: 'a visit' }));
const period = fc.tuple(moment, fc.option(moment, { nil: undefined })).map(([start, end]) => (end === undefined ? { start } : { start, end }));

const code = fc.constantFrom(concept(LOINC, '6301-6'), concept(LOINC, '29463-7'), concept('urn:local', 'x1'), { coding: [{ system: SNOMED, code: '44054006' }, { code: 'own' }] });
const category = fc.option(fc.constantFrom([{ coding: [{ code: 'laboratory' }] }], [{ coding: [{ code: 'survey' }] }]), { nil: undefined });
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });

const found = fc.oneof(
  quantity.map((valueQuantity) => ({ valueQuantity })),
  fc.tuple(quantity, fc.constantFrom('<', '>=', '~')).map(([told, comparator]) => ({ valueQuantity: { ...told, comparator } })),
  fc.integer().map((valueInteger) => ({ valueInteger })),
  fc.boolean().map((valueBoolean) => ({ valueBoolean })),
  fc.string().map((valueString) => ({ valueString })),
  code.map((valueCodeableConcept) => ({ valueCodeableConcept })),
  moment.map((valueDateTime) => ({ valueDateTime })),
  quantity.map((low) => ({ valueRange: { low } })),
  fc.constant({}),
);
const components = fc.array(
  fc.tuple(code, found).map(([told, more]) => ({ code: told, ...more })),
  { minLength: 1, maxLength: 3 },
);

const observation = fc
  .tuple(
    fc.record({ status: fc.constantFrom('final', 'amended', 'registered', 'entered-in-error'), subject, encounter: optional(encounter), code, category, issued: optional(moment) }),
    found,
  )
  .chain(([told, more]) =>
    fc.oneof(
      moment.map((effectiveDateTime) => ({ ...told, ...more, effectiveDateTime })),
      period.map((effectivePeriod) => ({ ...told, ...more, effectivePeriod })),
      components.map((component) => ({ ...told, component })),
    ),
  )
  .map((told): Resource => ({ resourceType: 'Observation', ...told }));

const others = fc.oneof(
  fc.record({
    resourceType: fc.constant('Condition'),
    subject,
    encounter: optional(encounter),
    code,
    onsetDateTime: optional(moment),
    abatementDateTime: optional(moment),
    recordedDate: optional(moment),
    verificationStatus: optional(fc.constantFrom(concept('urn:v', 'confirmed'), concept('urn:v', 'refuted'), concept('urn:v', 'entered-in-error'))),
  }),
  fc.record({ resourceType: fc.constant('Condition'), subject, code, onsetPeriod: period }),
  fc.record({ resourceType: fc.constant('Procedure'), status: fc.constantFrom('completed', 'not-done'), subject, encounter: optional(encounter), code, performedPeriod: period }),
  fc.record({
    resourceType: fc.constant('Encounter'),
    status: fc.constantFrom('finished', 'planned'),
    class: fc.constantFrom({ code: 'AMB' }, { code: 'IMP' }),
    subject,
    period,
    serviceProvider: optional(fc.constant({ reference: 'Organization/o1' })),
  }),
  fc.record({
    resourceType: fc.constant('MedicationRequest'),
    status: fc.constant('active'),
    intent: fc.constantFrom('order', 'plan', 'proposal'),
    doNotPerform: optional(fc.boolean()),
    subject,
    encounter: optional(encounter),
    medicationCodeableConcept: fc.constant(drug),
    authoredOn: moment,
    dispenseRequest: optional(
      fc.record({
        numberOfRepeatsAllowed: optional(fc.integer({ min: 0, max: 9 })),
        quantity: optional(quantity),
        expectedSupplyDuration: optional(fc.record({ value, unit: fc.constant('days') })),
      }),
    ),
  }),
  fc.record({
    resourceType: fc.constant('MedicationRequest'),
    status: fc.constant('active'),
    intent: fc.constant('order'),
    subject,
    medicationReference: fc.constantFrom({ reference: 'Medication/m1' }, { reference: 'Medication/m9' }, { reference: '#c' }),
    authoredOn: moment,
  }),
  fc.record({
    resourceType: fc.constant('MedicationStatement'),
    status: fc.constant('active'),
    subject,
    context: optional(encounter),
    medicationCodeableConcept: fc.constant(drug),
    effectivePeriod: period,
    dateAsserted: optional(moment),
    dosage: optional(fc.string().map((told) => [{ text: told }])),
  }),
  fc.record({
    resourceType: fc.constant('MedicationAdministration'),
    status: fc.constant('completed'),
    subject,
    context: optional(encounter),
    medicationCodeableConcept: fc.constant(drug),
    effectiveDateTime: moment,
    dosage: optional(fc.record({ text: fc.constantFrom('by mouth', 'at night'), dose: optional(quantity), rateQuantity: optional(quantity) })),
  }),
  fc.record({
    resourceType: fc.constant('MedicationDispense'),
    status: fc.constant('completed'),
    subject,
    medicationCodeableConcept: fc.constant(drug),
    whenHandedOver: optional(moment),
    whenPrepared: optional(moment),
    quantity: optional(quantity),
    daysSupply: optional(fc.record({ value, unit: fc.constant('days') })),
  }),
  fc.record({
    resourceType: fc.constant('Immunization'),
    status: fc.constant('completed'),
    patient: subject,
    encounter: optional(encounter),
    vaccineCode: fc.constant(concept('http://hl7.org/fhir/sid/cvx', '140')),
    occurrenceDateTime: moment,
    doseQuantity: optional(quantity),
  }),
  fc.record({ resourceType: fc.constant('AllergyIntolerance'), patient: subject, code, recordedDate: moment }),
  fc.record({ resourceType: fc.constant('Device'), patient: optional(subject), type: code, manufactureDate: moment }),
  fc.record({ resourceType: fc.constantFrom('Claim', 'ExplanationOfBenefit'), status: fc.constant('active'), patient: subject, total: fc.record({ value }) }),
  fc.record({ resourceType: fc.constantFrom('DiagnosticReport', 'CarePlan', 'Practitioner', 'Basic'), status: fc.constant('final'), subject }),
);

/** Resources of one patient or another as hospitals have them, with what is right and what a reader has to doubt. */
export const RESOURCE: fc.Arbitrary<Resource> = fc.oneof({ weight: 2, arbitrary: observation }, { weight: 3, arbitrary: others as fc.Arbitrary<Resource> });

/** What the resources refer to. */
export const REFERRED: readonly Resource[] = [
  ...['p1', 'p2', 'p3'].map((id) => ({ resourceType: 'Patient', id, gender: 'female', birthDate: '1951-03-02' })),
  ...['e1', 'e2'].map((id) => ({
    resourceType: 'Encounter',
    id,
    status: 'finished',
    class: { code: 'AMB' },
    subject: { reference: 'Patient/p1' },
    period: { start: '2014-05-17' },
  })),
  { resourceType: 'Organization', id: 'o1' },
  { resourceType: 'Medication', id: 'm1', code: drug },
];

type Place = [holder: Record<string, unknown>, key: string];

/** Every member of a resource, at any depth. */
const placesOf = (node: unknown): Place[] =>
  typeof node === 'object' && node !== null
    ? Object.keys(node).flatMap((key): Place[] => [[node as Record<string, unknown>, key], ...placesOf((node as Record<string, unknown>)[key])])
    : [];

export const placeCount = (resource: Resource): number => placesOf(resource).length;

/** Some member of the resource, at any depth, becomes something else. */
export const altered = (resource: Resource, at: number, to: unknown): Resource => {
  const copy = structuredClone(resource);
  const places = placesOf(copy);
  const [node, key] = places[at % places.length]!;
  if (to === undefined) delete node[key];
  else node[key] = to;
  return copy;
};
