import { PERSON_CONCEPTS, RECORD_TYPE, UNITS, conceptIdOf } from './concepts.ts';
import { OLDEST_DECADE } from './read-cell.ts';
import type { Draft } from './reading.ts';
import type { Fact, PatientRow } from './read-row.ts';
import type { PatientRowsMap } from './source-map.ts';

/** `year_of_birth` may not be null in the CDM: 0 where the age is unknown. */
const UNKNOWN_YEAR = 0;

/** From the index year and the middle of the age's decade; for all of 90 and over from 90 alone, so that they stay one class. */
export const yearOfBirth = (ageDecade: number | null, indexDate: string): number => {
  if (ageDecade === null) return UNKNOWN_YEAR;
  return Number(indexDate.slice(0, 4)) - (ageDecade >= OLDEST_DECADE ? 90 : ageDecade * 10 + 5);
};

/** Makes the rows of one patient, all of one record: its row of the file. Patients of whom the same fact is told share what their rows say of it. */
export const patientDrafts = (map: PatientRowsMap): ((patient: PatientRow) => Draft[]) => {
  const made = new WeakMap<Fact, FactValues>();
  return (patient) => draftsOf(map.indexDate.constant, patient, made);
};

type FactValues = Pick<Draft, 'table' | 'values'>;

const draftsOf = (date: string, patient: PatientRow, made: WeakMap<Fact, FactValues>): Draft[] => {
  const { subject, site } = patient;
  return [
    {
      table: 'person',
      subject,
      record: subject,
      careSite: site,
      values: {
        gender_concept_id: PERSON_CONCEPTS.gender[patient.gender ?? ''] ?? 0,
        year_of_birth: yearOfBirth(patient.ageDecade, date),
        race_concept_id: PERSON_CONCEPTS.race[patient.race ?? ''] ?? 0,
        ethnicity_concept_id: PERSON_CONCEPTS.ethnicity[patient.ethnicity ?? ''] ?? 0,
        gender_source_value: patient.gender,
        race_source_value: patient.race,
        ethnicity_source_value: patient.ethnicity,
      },
    },
    {
      table: 'observation_period',
      subject,
      record: subject,
      values: { observation_period_start_date: date, observation_period_end_date: date, period_type_concept_id: RECORD_TYPE.conceptId },
    },
    { table: 'care_site', subject: null, record: subject, careSite: site, values: { place_of_service_concept_id: 0, care_site_source_value: site } },
    ...patient.facts.map((fact) => {
      let known = made.get(fact);
      if (!known) {
        known = factValues(fact, date);
        made.set(fact, known);
      }
      return { table: known.table, subject, record: subject, values: known.values } as Draft;
    }),
  ];
};

const factValues = ({ table, concept, number, text, unit }: Fact, date: string): FactValues => {
  const unitColumns = unit === null ? {} : { unit_concept_id: UNITS[unit] ?? 0, unit_source_value: unit };
  switch (table) {
    case 'measurement':
      return {
        table,
        values: {
          measurement_concept_id: conceptIdOf(concept, 'Measurement'),
          measurement_date: date,
          measurement_type_concept_id: RECORD_TYPE.conceptId,
          value_as_number: number,
          measurement_source_value: concept,
          value_source_value: text ?? String(number),
          ...unitColumns,
        },
      };
    case 'observation':
      return {
        table,
        values: {
          observation_concept_id: conceptIdOf(concept, 'Observation'),
          observation_date: date,
          observation_type_concept_id: RECORD_TYPE.conceptId,
          value_as_number: number,
          value_as_string: text,
          observation_source_value: concept,
          value_source_value: text ?? String(number),
          ...unitColumns,
        },
      };
    case 'drug_exposure':
      return {
        table,
        values: {
          drug_concept_id: conceptIdOf(concept, 'Drug'),
          drug_exposure_start_date: date,
          drug_exposure_end_date: date,
          drug_type_concept_id: RECORD_TYPE.conceptId,
          drug_source_value: concept,
          dose_unit_source_value: unit,
        },
      };
    case 'condition_occurrence':
      return {
        table,
        values: {
          condition_concept_id: conceptIdOf(concept, 'Condition'),
          condition_start_date: date,
          condition_type_concept_id: RECORD_TYPE.conceptId,
          condition_source_value: concept,
        },
      };
  }
};
