import { PERSON_CONCEPTS } from '../../concepts.ts';
import { hasIdentifierForm, isTellableCode, isTellableUnit } from '../../identifier-form.ts';
import type { Draft } from '../../reading.ts';
import { VOCABULARY_OF_SYSTEM, conceptOf } from '../../vocabulary/concept-of.ts';
import { ucumOf } from '../table/units.ts';
import { type Coding, Elements, type Json, type Moment } from './elements.ts';
import type { References, Referred } from './references.ts';

/** What a resource's rows need to know of where it stands. */
export type Context = { record: string; index: References };

/** Type concepts by provenance: EHR, EHR encounter record, EHR prescription (OHDSI/dbt-synthea, macros and models at 75a1e12ae218). */
const EHR = 32817;
const EHR_ENCOUNTER = 32827;
const EHR_PRESCRIPTION = 32838;

/** A coding of a vocabulary whose code has a concept comes first; else the first one. */
const best = (codings: readonly Coding[]): { code: string; conceptId: number; sourceConceptId: number; text: string | null } | null => {
  const known = codings.map(({ system, code }) => ({ system, code, ...conceptOf(VOCABULARY_OF_SYSTEM[system] ?? system, code) }));
  const chosen = known.find(({ conceptId }) => conceptId > 0) ?? known[0];
  if (!chosen) return null;
  const { system, code, conceptId, sourceConceptId } = chosen;
  return { code, conceptId, sourceConceptId, text: sourceCode(code, Object.hasOwn(VOCABULARY_OF_SYSTEM, system)) };
};

/** A code as a source value, which has 50 characters; null where it looks like an identifier of a person. A vocabulary's codes may be long numbers. */
const sourceCode = (code: string | null, isOfVocabulary = false): string | null =>
  code !== null && (isTellableCode(code) || (isOfVocabulary && !hasIdentifierForm(code))) ? code.slice(0, 50) : null;

/** A unit by its UCUM code; the words beside it only where they are a unit's. */
const sourceUnit = (unit: string | null): string | null => (unit !== null && (ucumOf(unit) !== null || isTellableUnit(unit)) ? unit : null);

type Maker = (elements: Elements, context: Context) => Draft[];

/** Follows the reference of an element; null where there is none, or a wrong one, which is then a finding. */
export const reference = (elements: Elements, field: string, type: Referred, { index }: Context): { id: string } | 'elsewhere' | null => {
  const held = elements.object(field);
  const text = held && elements.text('reference', held, `${field}.reference`);
  if (text === null || text === undefined) return null;
  if (text.startsWith('#')) return 'elsewhere';
  const found = index.resolve(text, type);
  return found === 'broken' ? elements.wrong(`${field}.reference`, 'broken-reference') : found;
};

/** The patient that the resource is about: required, and known. */
const subjectOf = (elements: Elements, field: string, context: Context): string | null => {
  const found = reference(elements, field, 'Patient', context);
  const key = found === null || found === 'elsewhere' ? null : (context.index.patientKey(found.id) ?? elements.wrong(`${field}.reference`, 'missing-key'));
  return elements.required(field, key);
};

const visitOf = (elements: Elements, field: string, context: Context): string | null => {
  const found = reference(elements, field, 'Encounter', context);
  return found === null || found === 'elsewhere' ? null : `Encounter/${found.id}`;
};

/** The moment of an element that may be a dateTime or a Period: its start and its end. */
const timing = (elements: Elements, stem: string, others: readonly string[] = []): { start: Moment | null; end: Moment | null } => {
  const name = elements.choice(stem, ['DateTime', 'Period', ...others]);
  if (name === `${stem}DateTime`) {
    const at = elements.moment(name);
    return { start: at, end: at };
  }
  if (name === `${stem}Period`) {
    const period = elements.object(name);
    if (!period) return { start: null, end: null };
    const [start, end] = [elements.moment('start', period, `${name}.start`), elements.moment('end', period, `${name}.end`)];
    if (start && end && start.day > end.day) elements.wrong(`${name}.end`, 'impossible-value');
    return { start, end };
  }
  return { start: null, end: null };
};

const STATUS = {
  encounter: ['planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished', 'cancelled', 'entered-in-error', 'unknown'],
  observation: ['registered', 'preliminary', 'final', 'amended', 'corrected', 'cancelled', 'entered-in-error', 'unknown'],
  request: ['active', 'on-hold', 'cancelled', 'completed', 'entered-in-error', 'stopped', 'draft', 'unknown'],
  statement: ['active', 'completed', 'entered-in-error', 'intended', 'stopped', 'on-hold', 'unknown', 'not-taken'],
  administration: ['in-progress', 'not-done', 'on-hold', 'completed', 'entered-in-error', 'stopped', 'unknown'],
  dispense: ['preparation', 'in-progress', 'cancelled', 'on-hold', 'completed', 'entered-in-error', 'stopped', 'declined', 'unknown'],
  event: ['preparation', 'in-progress', 'not-done', 'on-hold', 'stopped', 'completed', 'entered-in-error', 'unknown'],
  immunization: ['completed', 'entered-in-error', 'not-done'],
} as const;
/** What was not done, or not yet, makes no row. */
const NOT_DONE: readonly (string | null)[] = ['planned', 'cancelled', 'draft', 'not-taken', 'not-done', 'intended', 'preparation', 'declined', 'registered'];

const RACE: Readonly<Record<string, number>> = {
  '2106-3': PERSON_CONCEPTS.race['White'] ?? 0,
  '2028-9': PERSON_CONCEPTS.race['Asian'] ?? 0,
  '2054-5': PERSON_CONCEPTS.race['Black or African American'] ?? 0,
};
const ETHNICITY: Readonly<Record<string, number>> = {
  '2135-2': PERSON_CONCEPTS.ethnicity['Hispanic or Latino'] ?? 0,
  '2186-5': PERSON_CONCEPTS.ethnicity['not Hispanic or Latino'] ?? 0,
};
const US_CORE = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-';

const ombCategory = (elements: Elements, name: 'race' | 'ethnicity'): string | null => {
  const extension = elements.list('extension').find(({ url }) => url === `${US_CORE}${name}`);
  const category = extension && elements.list('extension', extension, `extension(${name})`).find(({ url }) => url === 'ombCategory');
  const coding = category && elements.object('valueCoding', category, `extension(${name}).valueCoding`);
  return coding ? elements.text('code', coding, `extension(${name}).valueCoding.code`) : null;
};

const patient: Maker = (elements, context) => {
  const { id } = elements.resource as { id?: unknown };
  const name = typeof id === 'string' ? id : context.record.slice('Patient/'.length);
  const subject = context.index.patientKey(name);
  if (subject === null) elements.wrong('identifier', 'missing-key');
  const gender = elements.code('gender', ['male', 'female', 'other', 'unknown']);
  const born = elements.moment('birthDate');
  if (born?.time) elements.wrong('birthDate', 'unparsable-date');
  const died = elements.choice('deceased', ['Boolean', 'DateTime']);
  if (died === 'deceasedBoolean') elements.boolean(died);
  const death = died === 'deceasedDateTime' ? elements.moment(died) : null;
  if (born && death && death.day < born.day) elements.wrong('deceasedDateTime', 'impossible-value');
  const [race, ethnicity] = [ombCategory(elements, 'race'), ombCategory(elements, 'ethnicity')];
  const site = reference(elements, 'managingOrganization', 'Organization', context);
  if (subject === null) return [];
  const { record } = context;
  return [
    {
      table: 'person',
      subject,
      record,
      careSite: site === null || site === 'elsewhere' ? null : site.id,
      values: {
        gender_concept_id: PERSON_CONCEPTS.gender[gender ?? ''] ?? 0,
        // the CDM wants a year: 0 where it is unknown
        year_of_birth: born ? Number(born.day.slice(0, 4)) : 0,
        race_concept_id: RACE[race ?? ''] ?? 0,
        ethnicity_concept_id: ETHNICITY[ethnicity ?? ''] ?? 0,
        gender_source_value: gender,
        race_source_value: sourceCode(race),
        ethnicity_source_value: sourceCode(ethnicity),
      },
    },
    ...(death ? [{ table: 'death' as const, subject, record, values: { death_date: death.day, death_datetime: death.time, death_type_concept_id: EHR } }] : []),
  ];
};

const organization: Maker = ({ resource }, { record }) => {
  const careSite = typeof resource['id'] === 'string' ? resource['id'] : record.slice('Organization/'.length);
  return [{ table: 'care_site', subject: null, record, careSite, values: { place_of_service_concept_id: 0, care_site_source_value: careSite.slice(0, 50) } }];
};

const encounter: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.encounter));
  const held = elements.required('class', elements.object('class'));
  const kind = held && elements.text('code', held, 'class.code');
  const subject = subjectOf(elements, 'subject', context);
  const period = elements.object('period');
  const start = period && elements.moment('start', period, 'period.start');
  const end = period && elements.moment('end', period, 'period.end');
  if (start && end && start.day > end.day) elements.wrong('period.end', 'impossible-value');
  const site = reference(elements, 'serviceProvider', 'Organization', context);
  if (subject === null || !start || NOT_DONE.includes(status)) return [];
  return [
    {
      table: 'visit_occurrence',
      subject,
      record: context.record,
      careSite: site === null || site === 'elsewhere' ? null : site.id,
      values: {
        // HL7 ActCode → the CDM's visit concepts: AMB is an outpatient visit, IMP an inpatient one, EMER an emergency room's
        visit_concept_id: { AMB: 9202, IMP: 9201, ACUTE: 9201, NONAC: 9201, EMER: 9203 }[kind ?? ''] ?? 0,
        visit_start_date: start.day,
        visit_start_datetime: start.time,
        visit_end_date: (end ?? start).day,
        visit_end_datetime: (end ?? start).time,
        visit_type_concept_id: EHR_ENCOUNTER,
        visit_source_value: sourceCode(kind),
      },
    },
  ];
};

const condition: Maker = (elements, context) => {
  const subject = subjectOf(elements, 'subject', context);
  const visit = visitOf(elements, 'encounter', context);
  const code = best(elements.codings('code'));
  const verification = best(elements.codings('verificationStatus'))?.code;
  const onset = timing(elements, 'onset', ['Age', 'Range', 'String']);
  const abated = timing(elements, 'abatement', ['Age', 'Range', 'String']);
  const recorded = elements.moment('recordedDate');
  const start = onset.start ?? recorded;
  if (start && abated.end && abated.end.day < start.day) elements.wrong('abatement[x]', 'impossible-value');
  if (subject === null || !code || !start || verification === 'entered-in-error' || verification === 'refuted') return [];
  return [
    {
      table: 'condition_occurrence',
      subject,
      record: context.record,
      visit,
      values: {
        condition_concept_id: code.conceptId,
        condition_start_date: start.day,
        condition_start_datetime: start.time,
        condition_end_date: abated.end?.day ?? null,
        condition_end_datetime: abated.end?.time ?? null,
        condition_type_concept_id: EHR,
        condition_source_value: code.text,
        condition_source_concept_id: code.sourceConceptId,
      },
    },
  ];
};

const COMPARATORS: Readonly<Record<string, number>> = { '<': 4171756, '<=': 4171754, '>': 4172704, '>=': 4171755 };
const VALUES = ['Quantity', 'CodeableConcept', 'String', 'Boolean', 'Integer', 'Range', 'Ratio', 'SampledData', 'Time', 'DateTime', 'Period'];
type Value = { number: number | null; code: ReturnType<typeof best>; unit: string | null; unitConcept: number; operator: number | null; text: string | null };
const NOTHING: Value = { number: null, code: null, unit: null, unitConcept: 0, operator: null, text: null };

/** What an Observation, or a component of it, found. Text in free words is left behind. */
const foundValue = (elements: Elements, of: Json, path: string): Value | null => {
  const name = elements.choice('value', VALUES, of, `${path}value`);
  if (name === null) return null;
  const here = `${path}${name}`;
  switch (name) {
    case 'valueQuantity': {
      const quantity = elements.object(name, of, here);
      if (!quantity) return NOTHING;
      const number = elements.number('value', quantity, `${here}.value`);
      const [unit, code, comparator] = (['unit', 'code', 'comparator'] as const).map((member) => elements.text(member, quantity, `${here}.${member}`));
      if (comparator && !COMPARATORS[comparator]) elements.wrong(`${here}.comparator`, 'unknown-code');
      const ucum = sourceUnit(code ?? unit ?? null);
      return {
        ...NOTHING,
        number,
        unit: ucum,
        unitConcept: ucum ? conceptOf('UCUM', ucum).conceptId : 0,
        operator: comparator ? (COMPARATORS[comparator] ?? null) : null,
        text: number === null ? null : String(number),
      };
    }
    case 'valueInteger': {
      const number = elements.number(name, of, here);
      if (number !== null && !Number.isInteger(number)) elements.wrong(here, 'wrong-type');
      return { ...NOTHING, number, text: number === null ? null : String(number) };
    }
    case 'valueBoolean': {
      const value = elements.boolean(name, of);
      return { ...NOTHING, number: value === null ? null : Number(value), text: value === null ? null : String(value) };
    }
    case 'valueCodeableConcept': {
      const code = best(elements.codings(name, of, here));
      return { ...NOTHING, code, text: code?.text ?? null };
    }
    case 'valueString':
      elements.text(name, of, here);
      return NOTHING;
    case 'valueDateTime':
      elements.moment(name, of, here);
      return NOTHING;
    default:
      if (name !== 'valueTime') elements.object(name, of, here);
      return NOTHING;
  }
};

const MEASURED: readonly string[] = ['laboratory', 'vital-signs', 'exam', 'imaging'];

const observation: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.observation));
  const code = elements.required('code', best(elements.codings('code')));
  const subject = subjectOf(elements, 'subject', context);
  const visit = visitOf(elements, 'encounter', context);
  const categories = elements.list('category').flatMap((category, index) => elements.list('coding', category, `category[${index}].coding`).map((coding) => coding['code']));
  const effective = timing(elements, 'effective', ['Timing', 'Instant']);
  const instant = elements.resource['effectiveInstant'] === undefined ? null : elements.moment('effectiveInstant');
  const at = effective.start ?? instant ?? elements.moment('issued');
  const value = foundValue(elements, elements.resource, '');
  const components = elements.list('component').map((component, index) => {
    const path = `component[${index}].`;
    return { code: elements.required(`${path}code`, best(elements.codings('code', component, `${path}code`))), value: foundValue(elements, component, path) };
  });
  if (subject === null || !code || !at || NOT_DONE.includes(status)) return [];
  const rows = value !== null || components.length === 0 ? [{ code, value: value ?? NOTHING }] : [];
  for (const component of components) if (component.code) rows.push({ code: component.code, value: component.value ?? NOTHING });
  return rows.map((row): Draft => {
    const measured = row.value.number !== null || categories.some((category) => MEASURED.includes(String(category)));
    const shared = { subject, record: context.record, visit };
    const { number, code: coded, unit, unitConcept, operator, text } = row.value;
    if (measured && !isFlag(row.code.code))
      return {
        table: 'measurement',
        ...shared,
        values: {
          measurement_concept_id: row.code.conceptId,
          measurement_date: at.day,
          measurement_datetime: at.time,
          measurement_type_concept_id: EHR,
          operator_concept_id: operator,
          value_as_number: number,
          value_as_concept_id: coded?.conceptId ?? null,
          unit_concept_id: unit ? unitConcept : null,
          measurement_source_value: row.code.text,
          measurement_source_concept_id: row.code.sourceConceptId,
          unit_source_value: unit,
          value_source_value: text,
        },
      };
    return {
      table: 'observation',
      ...shared,
      values: {
        observation_concept_id: row.code.conceptId,
        observation_date: at.day,
        observation_datetime: at.time,
        observation_type_concept_id: EHR,
        value_as_number: number,
        value_as_string: coded?.text ?? null,
        value_as_concept_id: coded?.conceptId ?? null,
        unit_concept_id: unit ? unitConcept : null,
        observation_source_value: row.code.text,
        observation_source_concept_id: row.code.sourceConceptId,
        unit_source_value: unit,
        value_source_value: text,
      },
    };
  });
};

/** A yes-or-no item of our own catalog is an observation, whatever number it has. */
const isFlag = (code: string): boolean =>
  ['Observation', 'Condition', 'Drug'].includes(conceptOf('None', code).domain ?? '') || ['Drug', 'Condition'].includes(conceptOf('RxNorm', code).domain ?? '');

/** The drug of a medication[x]: its code, or that of the Medication that is referred to or contained. */
const drugOf = (elements: Elements, context: Context): ReturnType<typeof best> => {
  const name = elements.choice('medication', ['CodeableConcept', 'Reference']);
  if (name === null) return elements.wrong('medication[x]', 'missing-value');
  if (name === 'medicationCodeableConcept') return best(elements.codings(name));
  const held = elements.object(name);
  const text = held && elements.text('reference', held, `${name}.reference`);
  if (text?.startsWith('#')) {
    const contained = elements.list('contained').find(({ id }) => id === text.slice(1));
    return contained ? best(elements.codings('code', contained, 'contained.code')) : elements.wrong(`${name}.reference`, 'broken-reference');
  }
  const found = reference(elements, name, 'Medication', context);
  if (found === null || found === 'elsewhere') return null;
  const medication = context.index.medication(found.id);
  return medication ? best(new Elements(medication).codings('code')) : null;
};

type DrugFacts = { status: string | null; start: Moment | null; end: Moment | null; type: number; subjectField?: string; visitField?: string };

const drugRow = (
  elements: Elements,
  context: Context,
  code: ReturnType<typeof best>,
  { status, start, end, type, subjectField = 'subject', visitField = 'encounter' }: DrugFacts,
  more: Json = {},
): Draft[] => {
  const subject = subjectOf(elements, subjectField, context);
  const visit = visitOf(elements, visitField, context);
  if (subject === null || !code || !start || NOT_DONE.includes(status)) return [];
  return [
    {
      table: 'drug_exposure',
      subject,
      record: context.record,
      visit,
      values: {
        drug_concept_id: code.conceptId,
        drug_exposure_start_date: start.day,
        drug_exposure_start_datetime: start.time,
        drug_exposure_end_date: (end ?? start).day,
        drug_exposure_end_datetime: (end ?? start).time,
        drug_type_concept_id: type,
        drug_source_value: code.text,
        drug_source_concept_id: code.sourceConceptId,
        ...more,
      },
    },
  ];
};

/** The largest number of an INTEGER column of the CDM. */
const LARGEST_INTEGER = 2 ** 31 - 1;

/** A count of whole things, as an INTEGER column has it. */
const whole = (elements: Elements, value: number | null, path: string): number | null =>
  value === null ? null : Math.abs(value) <= LARGEST_INTEGER ? Math.trunc(value) : elements.wrong(path, 'impossible-value');

const medicationRequest: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.request));
  elements.required('intent', elements.code('intent', ['proposal', 'plan', 'order', 'original-order', 'reflex-order', 'filler-order', 'instance-order', 'option']));
  const code = drugOf(elements, context);
  const start = elements.moment('authoredOn');
  const dispense = elements.object('dispenseRequest') ?? {};
  const repeats = 'dispenseRequest.numberOfRepeatsAllowed';
  const refills = whole(elements, elements.number('numberOfRepeatsAllowed', dispense, repeats), repeats);
  const quantity = elements.object('quantity', dispense, 'dispenseRequest.quantity');
  const supply = elements.object('expectedSupplyDuration', dispense, 'dispenseRequest.expectedSupplyDuration');
  const duration = 'dispenseRequest.expectedSupplyDuration.value';
  const days = supply && ['d', 'day', 'days'].includes(String(supply['code'] ?? supply['unit'])) ? whole(elements, elements.number('value', supply, duration), duration) : null;
  return drugRow(
    elements,
    context,
    code,
    { status, start, end: start, type: EHR_PRESCRIPTION },
    {
      refills,
      quantity: quantity ? elements.number('value', quantity, 'dispenseRequest.quantity.value') : null,
      days_supply: days,
    },
  );
};

const medicationStatement: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.statement));
  const { start, end } = timing(elements, 'effective');
  return drugRow(elements, context, drugOf(elements, context), { status, start: start ?? elements.moment('dateAsserted'), end, type: EHR, visitField: 'context' });
};

const medicationAdministration: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.administration));
  const { start, end } = timing(elements, 'effective');
  elements.required('effective[x]', start);
  return drugRow(elements, context, drugOf(elements, context), { status, start, end, type: EHR, visitField: 'context' });
};

const medicationDispense: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.dispense));
  const start = elements.moment('whenHandedOver') ?? elements.moment('whenPrepared');
  return drugRow(elements, context, drugOf(elements, context), { status, start, end: start, type: EHR, visitField: 'context' });
};

const immunization: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.immunization));
  const code = elements.required('vaccineCode', best(elements.codings('vaccineCode')));
  const name = elements.choice('occurrence', ['DateTime', 'String']);
  const start = name === 'occurrenceDateTime' ? elements.moment(name) : null;
  if (name === null) elements.wrong('occurrence[x]', 'missing-value');
  return drugRow(elements, context, code, { status, start, end: start, type: EHR, subjectField: 'patient' });
};

const procedure: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.event));
  const subject = subjectOf(elements, 'subject', context);
  const visit = visitOf(elements, 'encounter', context);
  const code = best(elements.codings('code'));
  const { start, end } = timing(elements, 'performed', ['String', 'Age', 'Range']);
  if (subject === null || !code || !start || NOT_DONE.includes(status)) return [];
  return [
    {
      table: 'procedure_occurrence',
      subject,
      record: context.record,
      visit,
      values: {
        procedure_concept_id: code.conceptId,
        procedure_date: start.day,
        procedure_datetime: start.time,
        procedure_end_date: end?.day ?? null,
        procedure_end_datetime: end?.time ?? null,
        procedure_type_concept_id: EHR,
        procedure_source_value: code.text,
        procedure_source_concept_id: code.sourceConceptId,
      },
    },
  ];
};

/** A device by its kind alone: serial numbers and UDIs identify. A row needs a day. */
const device: Maker = (elements, context) => {
  const owner = elements.resource['patient'] === undefined ? null : subjectOf(elements, 'patient', context);
  const code = best(elements.codings('type'));
  const made = elements.moment('manufactureDate');
  if (owner === null || !code || !made) return [];
  return [
    {
      table: 'device_exposure',
      subject: owner,
      record: context.record,
      values: {
        device_concept_id: code.conceptId,
        device_exposure_start_date: made.day,
        device_type_concept_id: EHR,
        device_source_value: code.text,
        device_source_concept_id: code.sourceConceptId,
      },
    },
  ];
};

const allergy: Maker = (elements, context) => {
  const subject = subjectOf(elements, 'patient', context);
  const code = best(elements.codings('code'));
  const verification = best(elements.codings('verificationStatus'))?.code;
  const at = timing(elements, 'onset', ['Age', 'Range', 'String']).start ?? elements.moment('recordedDate');
  if (subject === null || !code || !at || verification === 'entered-in-error' || verification === 'refuted') return [];
  return [
    {
      table: 'observation',
      subject,
      record: context.record,
      values: {
        observation_concept_id: code.conceptId,
        observation_date: at.day,
        observation_datetime: at.time,
        observation_type_concept_id: EHR,
        observation_source_value: code.text,
        observation_source_concept_id: code.sourceConceptId,
      },
    },
  ];
};

/** Read, checked for whom they are about, and kept out of the lake: they carry money, plans, or words. */
const aboutPatient =
  (field: string): Maker =>
  (elements, context) => {
    if (elements.resource[field] !== undefined) reference(elements, field, 'Patient', context);
    return [];
  };
const nothing: Maker = () => [];

/** Every resource type that has rows or a check; others are admitted without rows. */
export const MAKERS: Readonly<Record<string, Maker>> = {
  Patient: patient,
  Organization: organization,
  Encounter: encounter,
  Condition: condition,
  Observation: observation,
  MedicationRequest: medicationRequest,
  MedicationStatement: medicationStatement,
  MedicationAdministration: medicationAdministration,
  MedicationDispense: medicationDispense,
  Immunization: immunization,
  Procedure: procedure,
  Device: device,
  AllergyIntolerance: allergy,
  Medication: nothing,
  DiagnosticReport: aboutPatient('subject'),
  ImagingStudy: aboutPatient('subject'),
  CarePlan: aboutPatient('subject'),
  CareTeam: aboutPatient('subject'),
  Goal: aboutPatient('subject'),
  Claim: aboutPatient('patient'),
  ExplanationOfBenefit: aboutPatient('patient'),
};

/** Withdrawn by its source: the record counts as deleted. */
export const isEnteredInError = (resource: Json): boolean => {
  if (resource['status'] === 'entered-in-error') return true;
  const verification = resource['verificationStatus'];
  return (
    typeof verification === 'object' &&
    verification !== null &&
    new Elements({ verificationStatus: verification }).codings('verificationStatus').some(({ code }) => code === 'entered-in-error')
  );
};
