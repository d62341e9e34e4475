import { PERSON_CONCEPTS } from '../../concepts.ts';
import { reference } from './about.ts';
import { sourceCode } from './codes.ts';
import { type Elements, isAfter } from './elements.ts';
import { EHR, type Maker } from './maker.ts';

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

export const patient: Maker = (elements, context) => {
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
