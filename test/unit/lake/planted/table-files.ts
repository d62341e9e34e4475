import synthea from '../../../../config/sources/synthea-csv.json' with { type: 'json' };
import iwpc from '../../../../config/sources/iwpc.json' with { type: 'json' };
import { HEADER, iwpcRow } from '../../../../local/cohort/iwpc-row.ts';
import { drawPatient } from '../../../../local/cohort/patient.ts';
import { randomOf } from '../../../../local/cohort/random.ts';
import { DEVELOPMENT_SITES } from '../../../../local/cohort/site.ts';
import { KEY, type PlantedFile, csvOf, eachKind, hasForm, namedAfter } from './identifiers.ts';

const columnsOfType = (...types: string[]): string[] => Object.entries(iwpc.columns).flatMap(([name, { type }]) => (types.includes(type) ? [name] : []));

/** A good row of which every column that is dropped is planted; then, column by column, a row whose cell is planted. */
export const iwpcFiles = (): PlantedFile[] => {
  const site = DEVELOPMENT_SITES[0]!;
  const random = randomOf(7);
  const [key] = columnsOfType('key');
  const dropped = columnsOfType('drop');
  const rows = eachKind((planted) => {
    const patient = drawPatient(random, { ageShiftYears: 0, genotypeEffect: 1, raceShares: site.raceShares });
    const good = { ...iwpcRow(random, KEY, site, patient), ...Object.fromEntries(dropped.map((name) => [name, planted])), [key!]: `${KEY} ${planted}` };
    return [
      good,
      ...columnsOfType(...(hasForm(planted) ? ['site'] : []), 'person', 'age', 'number', 'interval', 'flag', 'codes', 'starDiplotype', 'snpGenotype').map((name) => ({
        ...good,
        [key!]: `${planted} ${name}`,
        [name]: planted,
      })),
    ];
  });
  return [
    { name: namedAfter('csv'), content: csvOf(HEADER, rows) },
    ...eachKind((planted): PlantedFile => ({ name: 'no-header.csv', content: `${planted},${planted}\n` })),
    ...eachKind((planted): PlantedFile => ({ name: 'column.csv', content: csvOf([...HEADER, planted], [{ [planted]: planted }]) })),
  ];
};

/** Every column of the CDM that holds text, of tables that are kept and of one that is not. */
export const omopFiles = (): PlantedFile[] => {
  const person = (planted: string, number: number) => ({
    person_id: number,
    gender_concept_id: 8507,
    year_of_birth: 1951,
    month_of_birth: 3,
    day_of_birth: 2,
    birth_datetime: '1951-03-02T00:00:00',
    race_concept_id: 8527,
    ethnicity_concept_id: 0,
    location_id: number,
    care_site_id: number,
    person_source_value: `${KEY} ${planted}`,
    gender_source_value: planted,
    race_source_value: planted,
    ethnicity_source_value: planted,
  });
  const table = (name: string, make: (planted: string, number: number) => Record<string, string | number> | Record<string, string | number>[]): PlantedFile => {
    const rows = eachKind<Record<string, string | number>>(make);
    return { name: `${name} of ${namedAfter('csv')}`, content: csvOf(Object.keys(rows[0]!), rows) };
  };
  return [
    table('person', person),
    table('location', (planted, number) => ({
      location_id: number,
      address_1: planted,
      address_2: planted,
      city: planted,
      state: planted,
      zip: planted,
      county: planted,
      location_source_value: planted,
      country_source_value: planted,
    })),
    table('care site', (planted, number) => ({
      care_site_id: number,
      care_site_name: planted,
      place_of_service_concept_id: 0,
      location_id: number,
      care_site_source_value: planted,
      place_of_service_source_value: planted,
    })),
    table('provider', (planted, number) => ({
      provider_id: number,
      provider_name: planted,
      npi: planted,
      dea: planted,
      specialty_concept_id: 0,
      care_site_id: number,
      year_of_birth: 1961,
      gender_concept_id: 0,
      provider_source_value: planted,
      specialty_source_value: planted,
      specialty_source_concept_id: 0,
      gender_source_value: planted,
      gender_source_concept_id: 0,
    })),
    table('visit', (planted, number) => ({
      visit_occurrence_id: number,
      person_id: number,
      visit_concept_id: 9201,
      visit_start_date: '2014-05-17',
      visit_end_date: '2014-05-19',
      visit_type_concept_id: 32827,
      visit_source_value: planted,
      admitted_from_source_value: planted,
      discharged_to_source_value: planted,
    })),
    table('visit detail', (planted, number) => {
      const row = {
        visit_detail_id: 2 * number,
        person_id: number,
        visit_detail_concept_id: 32037 as string | number,
        visit_detail_start_date: '2014-05-17',
        visit_detail_end_date: '2014-05-18',
        visit_detail_type_concept_id: 32827,
        visit_detail_source_value: planted,
        admitted_from_source_value: planted,
        discharged_to_source_value: planted,
        preceding_visit_detail_id: '' as string | number,
        parent_visit_detail_id: '' as string | number,
        visit_occurrence_id: number,
        person_source_value: planted,
      };
      return [
        row,
        { ...row, visit_detail_id: 2 * number + 1, parent_visit_detail_id: planted },
        { ...row, visit_detail_id: 2 * number + 1, preceding_visit_detail_id: planted },
        { ...row, visit_detail_id: 2 * number + 1, visit_detail_concept_id: planted, visit_detail_start_date: planted },
      ];
    }),
    table('fact relationship', (planted, number) => {
      const row = {
        domain_concept_id_1: 8 as string | number,
        fact_id_1: number as string | number,
        domain_concept_id_2: 56 as string | number,
        fact_id_2: number as string | number,
        relationship_concept_id: 44818721 as string | number,
        comment: planted,
      };
      return [
        row,
        ...(['domain_concept_id_1', 'fact_id_1', 'domain_concept_id_2', 'fact_id_2', 'relationship_concept_id'] as const).map((column) => ({ ...row, [column]: planted })),
      ];
    }),
    table('measurement', (planted, number) => {
      const row = {
        visit_detail_id: 2 * number,
        measurement_id: 2 * number,
        person_id: number,
        measurement_concept_id: 3022217,
        measurement_date: '2014-05-17',
        measurement_type_concept_id: 32856,
        value_as_number: 2.4 as string | number,
        measurement_source_value: planted,
        unit_source_value: planted,
        value_source_value: planted,
      };
      return [row, { ...row, measurement_id: 2 * number + 1, value_as_number: planted }];
    }),
    table('observation', (planted, number) => ({
      observation_id: number,
      person_id: number,
      observation_concept_id: 0,
      observation_date: '2014-05-17',
      observation_type_concept_id: 32817,
      value_as_string: planted,
      observation_source_value: planted,
      unit_source_value: planted,
      qualifier_source_value: planted,
      value_source_value: planted,
    })),
    table('drug', (planted, number) => ({
      drug_exposure_id: number,
      person_id: number,
      drug_concept_id: 1310149,
      drug_exposure_start_date: '2014-05-17',
      drug_exposure_end_date: '2014-05-18',
      drug_type_concept_id: 32838,
      stop_reason: planted,
      sig: planted,
      lot_number: planted,
      drug_source_value: planted,
      route_source_value: planted,
      dose_unit_source_value: planted,
    })),
    table('condition', (planted, number) => ({
      condition_occurrence_id: number,
      person_id: number,
      condition_concept_id: 201826,
      condition_start_date: planted,
      condition_type_concept_id: 32827,
      stop_reason: planted,
      condition_source_value: planted,
      condition_status_source_value: planted,
    })),
    table('note', (planted, number) => ({
      note_id: number,
      person_id: number,
      note_date: '2014-05-17',
      note_type_concept_id: 0,
      note_class_concept_id: 0,
      note_title: planted,
      note_text: planted,
      encoding_concept_id: 0,
      language_concept_id: 0,
      note_source_value: planted,
    })),
    ...eachKind((planted): PlantedFile => ({ name: 'other.csv', content: csvOf([planted, 'x'], [{ [planted]: planted, x: planted }]) })),
  ];
};

const UUID = 'aaaaaaaa-0000-4000-8000-00000000000';

/** Of every table a good row for each kind whose dropped columns are planted; then, column by column, a row whose cell is planted. */
export const syntheaFiles = (): PlantedFile[] => {
  const good: Readonly<Record<string, string>> = {
    ...{ Id: `${UUID}1`, PATIENT: `${UUID}1`, ENCOUNTER: `${UUID}1`, ORGANIZATION: `${UUID}2`, BIRTHDATE: '1951-03-02', GENDER: 'F', RACE: 'white', ETHNICITY: 'nonhispanic' },
    ...{ START: '2014-05-17T08:30:00Z', DATE: '2014-05-17T08:30:00Z', ENCOUNTERCLASS: 'inpatient', CATEGORY: 'survey', VALUE: '1', UNITS: '{score}', TYPE: 'numeric' },
  };
  const codes: Readonly<Record<string, string>> = { observations: '55758-7', immunizations: '140', medications: '855332' };
  return Object.entries(synthea.mapping.tables).map(([name, { columns }]) => {
    const header = Object.keys(columns);
    const dropped = Object.entries(columns as Record<string, { type: string }>).flatMap(([column, { type }]) => (type === 'drop' ? [column] : []));
    const rows = eachKind((planted, number) => {
      const row = { ...good, CODE: codes[name] ?? '49436004', [name === 'observations' ? 'DATE' : 'START']: `20${10 + (number % 10)}-05-17T08:${10 + number}:00Z` };
      const whole = {
        ...row,
        ...(name === 'patients' || name === 'encounters' ? { Id: `${KEY}-${number}` } : {}),
        ...Object.fromEntries(dropped.map((column) => [column, planted])),
      };
      return [whole, ...header.filter((column) => !dropped.includes(column)).map((column) => ({ ...whole, [column]: planted }))];
    });
    return { name: `${name} of ${namedAfter('csv')}`, content: csvOf(header, rows) };
  });
};
