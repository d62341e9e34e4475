import { PERSON_CONCEPTS } from '../../concepts.ts';
import { hasIdentifierForm, isTellableCode, isTellableUnit } from '../../identifier-form.ts';
import type { Draft } from '../../reading.ts';
import { VOCABULARY_OF_SYSTEM, conceptOf } from '../../vocabulary/concept-of.ts';
import { ucumOf } from '../table/units.ts';
import { type Coding, Elements, type Json, type Moment, isAfter } from './elements.ts';
import { isObject } from './entries.ts';
import type { Other, References, Referred } from './references.ts';
import { NOT_DONE, STATUS } from './status.ts';

/** What a resource's rows need to know of where it stands. `file`: its place in the set. */
export type Context = { record: string; index: References; file?: number };

/** Type concepts by provenance: EHR, EHR encounter record, EHR prescription (OHDSI/dbt-synthea, macros and models at 75a1e12ae218). */
const EHR = 32817;
const EHR_ENCOUNTER = 32827;
const EHR_PRESCRIPTION = 32838;

type Coded = { code: string; conceptId: number; sourceConceptId: number; text: string | null };

/** A coding whose code has a concept comes first, then one of a vocabulary, then the first one. */
const best = (codings: readonly Coding[]): Coded | null => {
  const read = codings.map(({ system, code }) => ({ system, code, ...conceptOf(VOCABULARY_OF_SYSTEM[system] ?? system, code) }));
  const chosen = read.find(({ conceptId }) => conceptId > 0) ?? read.find(({ system }) => isOfVocabulary(system)) ?? read[0];
  if (!chosen) return null;
  const { system, code, conceptId, sourceConceptId } = chosen;
  const isDrugCode = VOCABULARY_OF_SYSTEM[system] === 'NDC' && NDC.test(code);
  return { code, conceptId, sourceConceptId, text: isDrugCode ? code : sourceCode(code, isOfVocabulary(system)) };
};
/** Labeler and product, with or without the package; without it looks like a ZIP code. */
const NDC = /^\d{4,5}-\d{3,4}(?:-\d{1,2})?$/;

const isOfVocabulary = (system: string): boolean => Object.hasOwn(VOCABULARY_OF_SYSTEM, system);

/** Codes that say that something is not known, and one that says that the patient has none (International Patient Summary): neither is a fact. */
const UNKNOWN: readonly string[] = [
  'http://terminology.hl7.org/CodeSystem/data-absent-reason',
  'http://terminology.hl7.org/CodeSystem/v3-NullFlavor',
  'http://hl7.org/fhir/v3/NullFlavor',
];
const NONE = /\/absent-unknown-uv-ips$/;

/** What a CodeableConcept means: its coding, or where it has none its words, which the lake keys like every term that it does not know. `none`: that there is nothing. */
const meantBy = (elements: Elements, field: string, of: Json, path: string): Coded | 'none' | null => {
  const codings = elements.codings(field, of, path);
  if (codings.some(({ system }) => NONE.test(system))) return 'none';
  const code = best(codings.filter(({ system }) => !UNKNOWN.includes(system)));
  const concept = of[field];
  if (code || !isObject(concept)) return code;
  const displayed = Array.isArray(concept['coding']) && codings.length === 0 ? (concept['coding'] as unknown[]).map((coding) => isObject(coding) && coding['display']) : [];
  const words = [concept['text'], ...displayed].find((text) => typeof text === 'string' && text.trim() !== '');
  return typeof words === 'string' ? worded(words) : codings.length > 0 ? 'none' : null;
};

const coded = (elements: Elements, field: string, of: Json = elements.resource, path = field): Coded | null => {
  const meant = meantBy(elements, field, of, path);
  return meant === 'none' ? null : meant;
};

/** The code that a resource must have. */
const codeOf = (elements: Elements, field: string, of: Json = elements.resource, path = field): Coded | null => {
  const meant = meantBy(elements, field, of, path);
  return meant === 'none' ? null : elements.required(path, meant);
};

const worded = (words: string): Coded => ({ code: '', conceptId: 0, sourceConceptId: 0, text: words.trim().slice(0, 50) });

/** A code as a source value, which has 50 characters; null where it looks like an identifier of a person. A vocabulary's codes may be long numbers. */
const sourceCode = (code: string | null, isOfVocabulary = false): string | null =>
  code !== null && (isTellableCode(code) || (isOfVocabulary && !hasIdentifierForm(code))) ? code.slice(0, 50) : null;

/** A unit by its UCUM code; the words beside it only where they are a unit's. */
const sourceUnit = (unit: string | null): string | null => (unit !== null && (ucumOf(unit) !== null || isTellableUnit(unit)) ? unit : null);

type Maker = (elements: Elements, context: Context) => Draft[];

/** Follows the reference of an element; null where there is none, or a wrong one, which is then a finding. */
export const reference = (elements: Elements, field: string, type: Referred, { index, file }: Context, others: readonly Other[] = []): { id: string } | 'elsewhere' | null => {
  const held = elements.object(field, elements.resource, field, 'Reference');
  const text = held && elements.text('reference', held, `${field}.reference`);
  if (text === null || text === undefined) return held && identified(elements, held, field, type, index);
  if (text.startsWith('#')) return 'elsewhere';
  const found = index.resolve(text, type, others, file);
  return found === 'broken' ? elements.wrong(`${field}.reference`, 'broken-reference') : found;
};

/** A reference by an identifier alone. */
const identified = (elements: Elements, held: Json, field: string, type: Referred, index: References): { id: string } | 'elsewhere' | null => {
  const identifier = held['reference'] === undefined ? elements.object('identifier', held, `${field}.identifier`) : null;
  const value = identifier && elements.text('value', identifier, `${field}.identifier.value`);
  if (!identifier || value === null) return null;
  const found = index.identified(elements.text('system', identifier, `${field}.identifier.system`), value, type);
  return found === 'broken' ? elements.wrong(`${field}.identifier`, 'broken-reference') : found;
};

/** The patient that the resource is about: required, and known; null also where it is about one of the others that FHIR allows there. */
const subjectOf = (elements: Elements, field: string, context: Context, others: readonly Other[] = ['Group']): string | null => {
  const found = reference(elements, field, 'Patient', context, others);
  if (found === 'elsewhere') {
    if (String((elements.resource[field] as Json)['reference']).startsWith('#')) elements.wrong(`${field}.reference`, 'missing-key');
    return null;
  }
  const key = found === null ? null : (context.index.patientKey(found.id) ?? elements.wrong(`${field}.reference`, 'missing-key'));
  return elements.required(field, key);
};

/** The encounter that the resource belongs to, where it makes a visit. */
const visitOf = (elements: Elements, field: string, context: Context): string | null => {
  const found = reference(elements, field, 'Encounter', context, ['EpisodeOfCare']);
  return found === null || found === 'elsewhere' || !context.index.isVisit(found.id) ? null : `Encounter/${found.id}`;
};

/** A Period's start and end; the one that is told stands for both, and none ends before it starts. */
const periodOf = (elements: Elements, period: Json, path: string): { start: Moment | null; end: Moment | null } => {
  const [start, end] = [elements.moment('start', period, `${path}.start`), elements.moment('end', period, `${path}.end`)];
  if (start && end && isAfter(start, end)) elements.wrong(`${path}.end`, 'impossible-value');
  return { start: start ?? end, end: end && notBefore(start, end) };
};

/** An end that is told less exactly than its start would be kept as an earlier day. */
const notBefore = (start: Moment | null, end: Moment): Moment =>
  start && (end.day < start.day || (end.time !== null && start.time !== null && end.time < start.time)) ? start : end;

/** The moment of an element that may be a dateTime or a Period: its start and its end. */
const timing = (elements: Elements, stem: string, others: readonly string[] = []): { start: Moment | null; end: Moment | null } => {
  const name = elements.choice(stem, ['DateTime', 'Period', ...others]);
  if (name === `${stem}DateTime`) {
    const at = elements.moment(name);
    return { start: at, end: at };
  }
  if (name === `${stem}Period`) {
    const period = elements.object(name, elements.resource, name, 'Period');
    if (!period) return { start: null, end: null };
    return periodOf(elements, period, name);
  }
  // no day; an instant is read where it may stand
  if (name === `${stem}String`) elements.text(name);
  else if (name === `${stem}Age`) quantityOf(elements, name, elements.resource, name);
  else if (name !== null && name !== `${stem}Instant`) elements.object(name);
  return { start: null, end: null };
};

const RACE: Readonly<Record<string, number>> = {
  '2106-3': PERSON_CONCEPTS.race['White'] ?? 0,
  '2028-9': PERSON_CONCEPTS.race['Asian'] ?? 0,
  '2054-5': PERSON_CONCEPTS.race['Black or African American'] ?? 0,
  // American Indian or Alaska Native, Native Hawaiian or Other Pacific Islander: the CDM's vocabulary Race
  '1002-5': 8657,
  '2076-8': 8557,
};
const ETHNICITY: Readonly<Record<string, number>> = {
  '2135-2': PERSON_CONCEPTS.ethnicity['Hispanic or Latino'] ?? 0,
  '2186-5': PERSON_CONCEPTS.ethnicity['not Hispanic or Latino'] ?? 0,
};
const US_CORE = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-';

/** The category of race or ethnicity; none where several are said: the CDM has one. */
const ombCategory = (elements: Elements, name: 'race' | 'ethnicity'): string | null => {
  const extension = elements.list('extension').find(({ url }) => url === `${US_CORE}${name}`);
  const categories = extension ? elements.list('extension', extension, `extension(${name})`).filter(({ url }) => url === 'ombCategory') : [];
  const codes = categories.map((category) => {
    const coding = elements.object('valueCoding', category, `extension(${name}).valueCoding`);
    return coding ? elements.text('code', coding, `extension(${name}).valueCoding.code`) : null;
  });
  return new Set(codes).size === 1 ? codes[0]! : null;
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
  if (born && death && isAfter(born, death)) elements.wrong('deceasedDateTime', 'impossible-value');
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

/** HL7's ActCode by the CDM's visit concepts: outpatient, inpatient, emergency room, telehealth, home visit, observation room. */
const VISITS: Readonly<Record<string, number>> = { AMB: 9202, IMP: 9201, ACUTE: 9201, NONAC: 9201, EMER: 9203, VR: 5083, HH: 581476, OBSENC: 581385 };

const encounter: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.encounter));
  const held = elements.required('class', elements.object('class', elements.resource, 'class', 'Coding'));
  const kind = held && elements.text('code', held, 'class.code');
  const subject = subjectOf(elements, 'subject', context);
  const period = elements.object('period', elements.resource, 'period', 'Period');
  const { start, end } = period ? periodOf(elements, period, 'period') : { start: null, end: null };
  const site = reference(elements, 'serviceProvider', 'Organization', context);
  if (subject === null || !start || NOT_DONE.includes(status)) return [];
  return [
    {
      table: 'visit_occurrence',
      subject,
      record: context.record,
      careSite: site === null || site === 'elsewhere' ? null : site.id,
      values: {
        visit_concept_id: VISITS[kind ?? ''] ?? 0,
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

/** A diagnosis that is not confirmed (FHIR's condition-ver-status) by the CDM's condition status: preliminary. */
const PRELIMINARY = 32899;
const NOT_CONFIRMED: readonly (string | undefined)[] = ['unconfirmed', 'provisional', 'differential'];
/** What is said not to be so makes no row. */
const REFUTED: readonly (string | undefined)[] = ['refuted', 'entered-in-error'];

const condition: Maker = (elements, context) => {
  const subject = subjectOf(elements, 'subject', context);
  const visit = visitOf(elements, 'encounter', context);
  const code = coded(elements, 'code');
  const verification = best(elements.codings('verificationStatus'))?.code;
  const onset = timing(elements, 'onset', ['Age', 'Range', 'String']);
  const abated = timing(elements, 'abatement', ['Age', 'Range', 'String']);
  const recorded = elements.moment('recordedDate');
  if (onset.start && abated.end && isAfter(onset.start, abated.end)) elements.wrong('abatement[x]', 'impossible-value');
  // what had ended before it was recorded had begun by then
  const start = onset.start ?? (recorded && abated.end && isAfter(recorded, abated.end) ? abated.end : (recorded ?? abated.end));
  const end = abated.end && notBefore(start, abated.end);
  if (subject === null || !code || !start || REFUTED.includes(verification)) return [];
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
        condition_end_date: end?.day ?? null,
        condition_end_datetime: end?.time ?? null,
        condition_type_concept_id: EHR,
        ...(NOT_CONFIRMED.includes(verification) ? { condition_status_concept_id: PRELIMINARY, condition_status_source_value: verification! } : {}),
        condition_source_value: code.text,
        condition_source_concept_id: code.sourceConceptId,
      },
    },
  ];
};

/** A Quantity: its number, and its unit, which is the code where that is UCUM's. */
const quantityOf = (elements: Elements, field: string, of: Json, path: string): { number: number | null; unit: string | null; comparator: string | null } | null => {
  const quantity = elements.object(field, of, path, 'Quantity');
  if (!quantity) return null;
  const number = elements.number('value', quantity, `${path}.value`);
  const [unit, code, system, comparator] = (['unit', 'code', 'system', 'comparator'] as const).map((member) => elements.text(member, quantity, `${path}.${member}`));
  if (comparator && !COMPARATORS[comparator]) elements.wrong(`${path}.comparator`, 'unknown-code');
  const isUcum = !system || VOCABULARY_OF_SYSTEM[system] === 'UCUM';
  return { number, unit: (isUcum ? (code ?? unit) : (unit ?? code)) ?? null, comparator: comparator ?? null };
};

const COMPARATORS: Readonly<Record<string, number>> = { '<': 4171756, '<=': 4171754, '>': 4172704, '>=': 4171755 };
const VALUES = ['Quantity', 'CodeableConcept', 'String', 'Boolean', 'Integer', 'Range', 'Ratio', 'SampledData', 'Time', 'DateTime', 'Period'];
type Value = { number: number | null; code: Coded | null; unit: string | null; unitConcept: number; operator: number | null; text: string | null };
const NOTHING: Value = { number: null, code: null, unit: null, unitConcept: 0, operator: null, text: null };

/** What an Observation, or a component of it, found. Text in free words is left behind. */
const foundValue = (elements: Elements, of: Json, path: string): Value | null => {
  const name = elements.choice('value', VALUES, of, `${path}value`);
  if (name === null) return null;
  const here = `${path}${name}`;
  switch (name) {
    case 'valueQuantity': {
      const quantity = quantityOf(elements, name, of, here);
      if (!quantity) return NOTHING;
      const { number, comparator } = quantity;
      const ucum = sourceUnit(quantity.unit);
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
      const code = coded(elements, name, of, here);
      return { ...NOTHING, code, text: code?.text ?? null };
    }
    case 'valueString':
      elements.text(name, of, here);
      return NOTHING;
    case 'valueDateTime':
      elements.moment(name, of, here);
      return NOTHING;
    case 'valueRatio':
      return { ...NOTHING, ...pairOf(elements, elements.object(name, of, here), ['numerator', 'denominator'], here, ':') };
    case 'valueRange':
      return { ...NOTHING, ...pairOf(elements, elements.object(name, of, here), ['low', 'high'], here, '-') };
    default:
      if (name !== 'valueTime') elements.object(name, of, here);
      return NOTHING;
  }
};

/** A titre as 1:128 or 1:<8, a range as 5-10 with the unit that both have; nothing where a unit is told and could not be kept. `1` is UCUM's unity. */
const pairOf = (elements: Elements, of: Json | null, members: readonly [string, string], path: string, between: ':' | '-'): Pick<Value, 'text' | 'unit' | 'unitConcept'> | null => {
  const [first, second] = members.map((member) => (of ? quantityOf(elements, member, of, `${path}.${member}`) : null));
  if (!first || !second || first.number === null || second.number === null) return null;
  const [told, other] = [first, second].map(({ unit }) => (unit === '1' ? null : unit));
  const unit = between === '-' && told === other ? sourceUnit(told ?? null) : null;
  if (unit === null && (told || other)) return null;
  const text = [first, second].map(({ comparator, number }) => `${comparator ?? ''}${number}`).join(between);
  return { text, unit, unitConcept: unit ? conceptOf('UCUM', unit).conceptId : 0 };
};

const MEASURED: readonly string[] = ['laboratory', 'vital-signs', 'exam', 'imaging'];

const observation: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.observation));
  const code = codeOf(elements, 'code');
  const subject = subjectOf(elements, 'subject', context, ['Group', 'Device', 'Location']);
  const visit = visitOf(elements, 'encounter', context);
  const categories = elements.list('category').flatMap((category, index) => elements.codings('category', { category }, `category[${index}]`).map(({ code }) => code));
  const effective = timing(elements, 'effective', ['Timing', 'Instant']);
  const instant = elements.resource['effectiveInstant'] === undefined ? null : elements.moment('effectiveInstant');
  const issued = elements.moment('issued');
  const at = effective.start ?? instant ?? issued;
  const value = foundValue(elements, elements.resource, '');
  const components = elements.list('component').map((component, index) => {
    const path = `component[${index}].`;
    return { code: codeOf(elements, 'code', component, `${path}code`), value: foundValue(elements, component, path) };
  });
  if (subject === null || !code || !at || NOT_DONE.includes(status)) return [];
  const rows = value !== null || components.length === 0 ? [{ code, value: value ?? NOTHING }] : [];
  for (const component of components) if (component.code) rows.push({ code: component.code, value: component.value ?? NOTHING });
  return rows.map((row): Draft => {
    const measured = row.value.number !== null || categories.some((category) => MEASURED.includes(category));
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

/** The drug of a medication[x]: its code, or that of the Medication that is referred to or contained; else the words of the reference. */
const drugOf = (elements: Elements, context: Context): Coded | null => {
  const name = elements.choice('medication', ['CodeableConcept', 'Reference']);
  if (name === null) return elements.wrong('medication[x]', 'missing-value');
  if (name === 'medicationCodeableConcept') return coded(elements, name);
  const held = elements.object(name);
  const medication = held && medicationOf(elements, held, name, context);
  const code = medication && (coded(medication, 'code') ?? onlyIngredient(medication));
  const display = held && elements.text('display', held, `${name}.display`);
  return code ?? (display === null ? null : worded(display));
};

const medicationOf = (elements: Elements, held: Json, name: string, context: Context): Elements | null => {
  const text = elements.text('reference', held, `${name}.reference`);
  if (text?.startsWith('#')) {
    const contained = elements.list('contained').find(({ id }) => id === text.slice(1));
    return contained ? new Elements(contained) : elements.wrong(`${name}.reference`, 'broken-reference');
  }
  const found = reference(elements, name, 'Medication', context);
  // nothing tells which drug it was
  if (found === 'elsewhere' && held['display'] === undefined) return elements.wrong(`${name}.reference`, 'broken-reference');
  const medication = found === null || found === 'elsewhere' ? null : context.index.medication(found.id);
  return medication && new Elements(medication);
};

const onlyIngredient = (medication: Elements): Coded | null => {
  const ingredients = medication.list('ingredient');
  return ingredients.length === 1 ? coded(medication, 'itemCodeableConcept', ingredients[0]) : null;
};

type DrugFacts = { status: string | null; start: Moment | null; end: Moment | null; type: number; subjectField?: string; visitField?: string };

const drugRow = (
  elements: Elements,
  context: Context,
  code: Coded | null,
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

/** A supply that is told in days. */
const daysOf = (elements: Elements, field: string, of: Json, path: string): number | null => {
  const supply = quantityOf(elements, field, of, path);
  return supply && ['d', 'day', 'days'].includes(String(supply.unit).toLowerCase()) ? whole(elements, supply.number, `${path}.value`) : null;
};

const INTENTS = ['proposal', 'plan', 'order', 'original-order', 'reflex-order', 'filler-order', 'instance-order', 'option'];
/** Suggestions: nobody has prescribed them. A plan may be what the patient is said to take (US Core). */
const NOT_PRESCRIBED: readonly (string | null)[] = ['proposal', 'option'];

const medicationRequest: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.request));
  const intent = elements.required('intent', elements.code('intent', INTENTS));
  const isForbidden = elements.boolean('doNotPerform') === true;
  const code = drugOf(elements, context);
  const start = elements.moment('authoredOn');
  const dispense = elements.object('dispenseRequest') ?? {};
  const repeats = 'dispenseRequest.numberOfRepeatsAllowed';
  const refills = whole(elements, elements.number('numberOfRepeatsAllowed', dispense, repeats), repeats);
  const quantity = quantityOf(elements, 'quantity', dispense, 'dispenseRequest.quantity');
  const days = daysOf(elements, 'expectedSupplyDuration', dispense, 'dispenseRequest.expectedSupplyDuration');
  return drugRow(
    elements,
    context,
    code,
    { status: isForbidden || NOT_PRESCRIBED.includes(intent) ? 'cancelled' : status, start, end: start, type: EHR_PRESCRIPTION },
    {
      refills,
      quantity: quantity?.number ?? null,
      days_supply: days,
    },
  );
};

const medicationStatement: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.statement));
  const { start, end } = timing(elements, 'effective');
  const asserted = elements.moment('dateAsserted');
  return drugRow(elements, context, drugOf(elements, context), { status, start: start ?? asserted, end, type: EHR, visitField: 'context' });
};

const medicationAdministration: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.administration));
  const { start, end } = timing(elements, 'effective');
  elements.required('effective[x]', start);
  const dosage = elements.object('dosage');
  const dose = dosage && quantityOf(elements, 'dose', dosage, 'dosage.dose');
  return drugRow(elements, context, drugOf(elements, context), { status, start, end, type: EHR, visitField: 'context' }, givenOf(dose));
};

/** What was given. */
const givenOf = (dose: ReturnType<typeof quantityOf>): Json => ({ quantity: dose?.number ?? null, dose_unit_source_value: dose?.number == null ? null : sourceUnit(dose.unit) });

const medicationDispense: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.dispense));
  const [handedOver, prepared] = [elements.moment('whenHandedOver'), elements.moment('whenPrepared')];
  const start = handedOver ?? prepared;
  return drugRow(
    elements,
    context,
    drugOf(elements, context),
    { status, start, end: start, type: EHR, visitField: 'context' },
    { quantity: quantityOf(elements, 'quantity', elements.resource, 'quantity')?.number ?? null, days_supply: daysOf(elements, 'daysSupply', elements.resource, 'daysSupply') },
  );
};

const immunization: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.immunization));
  const code = codeOf(elements, 'vaccineCode');
  const name = elements.choice('occurrence', ['DateTime', 'String']);
  const start = name === 'occurrenceDateTime' ? elements.moment(name) : null;
  if (name === 'occurrenceString') elements.text(name);
  if (name === null) elements.wrong('occurrence[x]', 'missing-value');
  const dose = quantityOf(elements, 'doseQuantity', elements.resource, 'doseQuantity');
  return drugRow(elements, context, code, { status, start, end: start, type: EHR, subjectField: 'patient' }, givenOf(dose));
};

const procedure: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.event));
  const subject = subjectOf(elements, 'subject', context);
  const visit = visitOf(elements, 'encounter', context);
  const code = coded(elements, 'code');
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
  const owner = elements.resource['patient'] === undefined ? null : subjectOf(elements, 'patient', context, []);
  const code = coded(elements, 'type');
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
  const subject = subjectOf(elements, 'patient', context, []);
  const code = coded(elements, 'code');
  const verification = best(elements.codings('verificationStatus'))?.code;
  const recorded = elements.moment('recordedDate');
  const at = timing(elements, 'onset', ['Age', 'Range', 'String']).start ?? recorded;
  if (subject === null || !code || !at || REFUTED.includes(verification)) return [];
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
