/** FHIR types of the elements that are read. `complex`: an object whose members make no row. */
export type Kind =
  | 'code'
  | 'string'
  | 'boolean'
  | 'integer'
  | 'unsignedInt'
  | 'decimal'
  | 'date'
  | 'dateTime'
  | 'instant'
  | 'time'
  | 'Coding'
  | 'CodeableConcept'
  | 'Reference'
  | 'Period'
  | 'Quantity'
  | 'SimpleQuantity'
  | 'Identifier'
  | 'Extension'
  | 'BackboneElement'
  | 'complex';

export type Element = {
  name: string;
  kind: Kind;
  list?: true;
  required?: true;
  /** of a code: its required value set */
  codes?: readonly string[];
  /** of a reference: the types that it may lead to */
  targets?: readonly string[];
  /** of a BackboneElement */
  elements?: readonly Element[];
  choices?: readonly Choice[];
};
/** An element of several types, of which a resource holds one at most. */
export type Choice = { stem: string; types: readonly string[]; required?: true; targets?: readonly string[] };
export type ResourceElements = {
  elements: readonly Element[];
  choices: readonly Choice[] /** whom it is about, and during which visit */;
  subject: string | null;
  visit: string | null;
};

const code = (name: string, codes: readonly string[], required?: 'required'): Element => ({ name, kind: 'code', codes, ...(required ? { required: true } : {}) });
const concept = (name: string, required?: 'required'): Element => ({ name, kind: 'CodeableConcept', ...(required ? { required: true } : {}) });
const reference = (name: string, targets: readonly string[], required?: 'required'): Element => ({ name, kind: 'Reference', targets, ...(required ? { required: true } : {}) });
const of = (kind: Kind, ...names: string[]): Element[] => names.map((name) => ({ name, kind }));

const KIND_OF_CHOICE: Readonly<Record<string, Kind>> = {
  DateTime: 'dateTime',
  Instant: 'instant',
  Time: 'time',
  String: 'string',
  Boolean: 'boolean',
  Integer: 'integer',
  CodeableConcept: 'CodeableConcept',
  Reference: 'Reference',
  Period: 'Period',
  Quantity: 'Quantity',
};
export const elementsOfChoice = ({ stem, types, targets }: Choice): Element[] =>
  types.map((type) => ({ name: `${stem}${type}`, kind: KIND_OF_CHOICE[type] ?? 'complex', ...(type === 'Reference' && targets ? { targets } : {}) }));

const ENCOUNTER = ['Encounter'];
/** A lake of patients: an Observation or an Encounter about nobody is left out, though FHIR allows it. */
const SUBJECT = reference('subject', ['Patient', 'Group', 'Device', 'Location'], 'required');
const PATIENT = reference('patient', ['Patient'], 'required');

const WHEN = ['DateTime', 'Age', 'Period', 'Range', 'String'];
const VALUES = ['Quantity', 'CodeableConcept', 'String', 'Boolean', 'Integer', 'Range', 'Ratio', 'SampledData', 'Time', 'DateTime', 'Period'];
const MEDICATION: Choice = { stem: 'medication', types: ['CodeableConcept', 'Reference'], required: true, targets: ['Medication'] };

const resource = (subject: string | null, visit: string | null, elements: readonly Element[], choices: readonly Choice[] = []): ResourceElements => ({
  elements,
  choices,
  subject,
  visit,
});
/** Read for whom it is about; it carries plans, words, or money. */
const about = (subject: 'subject' | 'patient', visit: string | null = null): ResourceElements =>
  resource(subject, visit, [reference(subject, ['Patient', 'Group', 'Device', 'Location', 'Practitioner', 'Organization']), ...(visit ? [reference(visit, ENCOUNTER)] : [])]);

const EVENT = ['preparation', 'in-progress', 'not-done', 'on-hold', 'stopped', 'completed', 'entered-in-error', 'unknown'];

/**
 * The elements that are read of each resource type, with FHIR R4's types, cardinalities and required value sets
 * (https://www.hl7.org/fhir/R4/resourcelist.html). What is not named here is left behind.
 */
export const RESOURCES: Readonly<Record<string, ResourceElements>> = {
  Patient: resource(
    null,
    null,
    [
      { name: 'identifier', kind: 'Identifier', list: true },
      { name: 'extension', kind: 'Extension', list: true },
      code('gender', ['male', 'female', 'other', 'unknown']),
      ...of('date', 'birthDate'),
      reference('managingOrganization', ['Organization']),
    ],
    [{ stem: 'deceased', types: ['Boolean', 'DateTime'] }],
  ),
  Organization: resource(null, null, [{ name: 'identifier', kind: 'Identifier', list: true }]),
  Medication: resource(null, null, [{ name: 'identifier', kind: 'Identifier', list: true }, concept('code'), code('status', ['active', 'inactive', 'entered-in-error'])]),
  Encounter: resource('subject', null, [
    { name: 'identifier', kind: 'Identifier', list: true },
    code('status', ['planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished', 'cancelled', 'entered-in-error', 'unknown'], 'required'),
    { name: 'class', kind: 'Coding', required: true },
    reference('subject', ['Patient', 'Group'], 'required'),
    ...of('Period', 'period'),
    reference('serviceProvider', ['Organization']),
  ]),
  Condition: resource(
    'subject',
    'encounter',
    [
      concept('clinicalStatus'),
      concept('verificationStatus'),
      concept('code'),
      reference('subject', ['Patient', 'Group'], 'required'),
      reference('encounter', ENCOUNTER),
      ...of('dateTime', 'recordedDate'),
    ],
    [
      { stem: 'onset', types: WHEN },
      { stem: 'abatement', types: WHEN },
    ],
  ),
  Observation: resource(
    'subject',
    'encounter',
    [
      code('status', ['registered', 'preliminary', 'final', 'amended', 'corrected', 'cancelled', 'entered-in-error', 'unknown'], 'required'),
      { ...concept('category'), list: true },
      concept('code', 'required'),
      SUBJECT,
      reference('encounter', ENCOUNTER),
      ...of('instant', 'issued'),
      concept('dataAbsentReason'),
      { name: 'component', kind: 'BackboneElement', list: true, elements: [concept('code', 'required')], choices: [{ stem: 'value', types: VALUES }] },
    ],
    [
      { stem: 'effective', types: ['DateTime', 'Period', 'Timing', 'Instant'] },
      { stem: 'value', types: VALUES },
    ],
  ),
  MedicationRequest: resource(
    'subject',
    'encounter',
    [
      code('status', ['active', 'on-hold', 'cancelled', 'completed', 'entered-in-error', 'stopped', 'draft', 'unknown'], 'required'),
      code('intent', ['proposal', 'plan', 'order', 'original-order', 'reflex-order', 'filler-order', 'instance-order', 'option'], 'required'),
      ...of('boolean', 'doNotPerform'),
      reference('subject', ['Patient', 'Group'], 'required'),
      reference('encounter', ENCOUNTER),
      ...of('dateTime', 'authoredOn'),
      {
        name: 'dispenseRequest',
        kind: 'BackboneElement',
        elements: [...of('unsignedInt', 'numberOfRepeatsAllowed'), ...of('SimpleQuantity', 'quantity'), ...of('Quantity', 'expectedSupplyDuration')],
      },
    ],
    [MEDICATION],
  ),
  MedicationStatement: resource(
    'subject',
    'context',
    [
      code('status', ['active', 'completed', 'entered-in-error', 'intended', 'stopped', 'on-hold', 'unknown', 'not-taken'], 'required'),
      reference('subject', ['Patient', 'Group'], 'required'),
      reference('context', ['Encounter', 'EpisodeOfCare']),
      ...of('dateTime', 'dateAsserted'),
    ],
    [MEDICATION, { stem: 'effective', types: ['DateTime', 'Period'] }],
  ),
  MedicationAdministration: resource(
    'subject',
    'context',
    [
      code('status', ['in-progress', 'not-done', 'on-hold', 'completed', 'entered-in-error', 'stopped', 'unknown'], 'required'),
      reference('subject', ['Patient', 'Group'], 'required'),
      reference('context', ['Encounter', 'EpisodeOfCare']),
    ],
    [MEDICATION, { stem: 'effective', types: ['DateTime', 'Period'], required: true }],
  ),
  MedicationDispense: resource(
    'subject',
    'context',
    [
      code('status', ['preparation', 'in-progress', 'cancelled', 'on-hold', 'completed', 'entered-in-error', 'stopped', 'declined', 'unknown'], 'required'),
      reference('subject', ['Patient', 'Group'], 'required'),
      reference('context', ['Encounter', 'EpisodeOfCare']),
      ...of('SimpleQuantity', 'quantity', 'daysSupply'),
      ...of('dateTime', 'whenPrepared', 'whenHandedOver'),
    ],
    [MEDICATION],
  ),
  Immunization: resource(
    'patient',
    'encounter',
    [code('status', ['completed', 'entered-in-error', 'not-done'], 'required'), concept('vaccineCode', 'required'), PATIENT, reference('encounter', ENCOUNTER)],
    [{ stem: 'occurrence', types: ['DateTime', 'String'], required: true }],
  ),
  Procedure: resource(
    'subject',
    'encounter',
    [code('status', EVENT, 'required'), concept('code'), reference('subject', ['Patient', 'Group'], 'required'), reference('encounter', ENCOUNTER)],
    [{ stem: 'performed', types: ['DateTime', 'Period', 'String', 'Age', 'Range'] }],
  ),
  Device: resource('patient', null, [{ name: 'identifier', kind: 'Identifier', list: true }, concept('type'), reference('patient', ['Patient'])]),
  DeviceUseStatement: resource(
    'subject',
    null,
    [
      code('status', ['active', 'completed', 'entered-in-error', 'intended', 'stopped', 'on-hold'], 'required'),
      reference('subject', ['Patient', 'Group'], 'required'),
      ...of('dateTime', 'recordedOn'),
      reference('device', ['Device'], 'required'),
    ],
    [{ stem: 'timing', types: ['Timing', 'Period', 'DateTime'] }],
  ),
  AllergyIntolerance: resource(
    'patient',
    'encounter',
    [concept('clinicalStatus'), concept('verificationStatus'), concept('code'), PATIENT, reference('encounter', ENCOUNTER), ...of('dateTime', 'recordedDate')],
    [{ stem: 'onset', types: WHEN }],
  ),
  DiagnosticReport: about('subject', 'encounter'),
  ImagingStudy: about('subject', 'encounter'),
  CarePlan: about('subject', 'encounter'),
  CareTeam: about('subject', 'encounter'),
  ServiceRequest: about('subject', 'encounter'),
  DocumentReference: about('subject'),
  Goal: about('subject'),
  Claim: about('patient'),
  ExplanationOfBenefit: about('patient'),
};

export const elementsOf = (type: string): readonly Element[] => {
  const found = RESOURCES[type];
  return found ? [...found.elements, ...found.choices.flatMap(elementsOfChoice)] : [];
};

/** Types that references of the elements above lead to. */
export const REFERRED: readonly string[] = [...new Set(Object.keys(RESOURCES).flatMap((type) => elementsOf(type).flatMap(({ targets }) => targets ?? [])))].sort();
