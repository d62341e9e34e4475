import { OMOP_TABLES, type OmopTable } from '../../omop-tables.ts';

/**
 * What becomes of a row that names one that is not there. `leave-out`: it breaks a reference; `leave-out-if-table`: only where the set has
 * the table at all, else the link is dropped; `unlink`: the link is dropped.
 */
type LinkMissing = 'leave-out' | 'leave-out-if-table' | 'unlink';

/** What becomes of a column of the source. `drop`: never read into the lake. */
export type ColumnRule =
  | { rule: 'own-key' | 'subject' | 'concept' | 'date' | 'timestamp' | 'decimal' | 'integer' | 'year' | 'source-value' | 'result-text' | 'time-of-day' | 'state' | 'zip' }
  | { rule: 'link'; to: OmopTable; missing: LinkMissing }
  /** the key of a row of the table that the column of its domain tells */
  | { rule: 'fact'; domain: string }
  | { rule: 'drop'; because: string };

const identifier = (because: string): ColumnRule => ({ rule: 'drop', because });
const FREE_TEXT = identifier('free text');
const ADDRESS = identifier('a part of an address smaller than a state');
const NOT_RESOLVED = identifier('a key of a row that has another key in the lake');

/** Columns that are read otherwise than their type and name say. */
const EXCEPTIONS: Readonly<Record<string, ColumnRule>> = {
  'person.month_of_birth': identifier('an element of a date of birth'),
  'person.day_of_birth': identifier('an element of a date of birth'),
  'person.birth_datetime': identifier('an element of a date of birth'),
  'person.person_source_value': identifier('the pseudonym stands in its place'),
  'person.year_of_birth': { rule: 'year' },
  'care_site.care_site_name': identifier('a name'),
  'care_site.care_site_source_value': identifier('may be a name; the site’s number stands in its place'),
  'provider.provider_name': identifier('a name'),
  'provider.npi': identifier('a licence number'),
  'provider.dea': identifier('a licence number'),
  'provider.provider_source_value': identifier('may be a name'),
  'provider.year_of_birth': identifier('an element of a date of birth'),
  'location.address_1': ADDRESS,
  'location.address_2': ADDRESS,
  'location.city': ADDRESS,
  'location.county': ADDRESS,
  'location.latitude': ADDRESS,
  'location.longitude': ADDRESS,
  'location.location_source_value': ADDRESS,
  'location.state': { rule: 'state' },
  'location.zip': { rule: 'zip' },
  'drug_exposure.sig': FREE_TEXT,
  'drug_exposure.stop_reason': FREE_TEXT,
  'condition_occurrence.stop_reason': FREE_TEXT,
  'drug_exposure.lot_number': identifier('a serial number'),
  'device_exposure.unique_device_id': identifier('a device identifier'),
  'device_exposure.production_id': identifier('a device’s serial number'),
  'specimen.specimen_source_id': identifier('a sample’s identifier'),
  'observation.value_as_string': { rule: 'result-text' },
  'observation.value_source_value': { rule: 'result-text' },
  'measurement.value_source_value': { rule: 'result-text' },
  'measurement.measurement_time': { rule: 'time-of-day' },
  'measurement.measurement_event_id': NOT_RESOLVED,
  'measurement.meas_event_field_concept_id': NOT_RESOLVED,
  'observation.observation_event_id': NOT_RESOLVED,
  'observation.obs_event_field_concept_id': NOT_RESOLVED,
  'visit_occurrence.preceding_visit_occurrence_id': { rule: 'link', to: 'visit_occurrence', missing: 'unlink' },
  'visit_detail.preceding_visit_detail_id': { rule: 'link', to: 'visit_detail', missing: 'unlink' },
  'visit_detail.parent_visit_detail_id': { rule: 'link', to: 'visit_detail', missing: 'unlink' },
  'fact_relationship.domain_concept_id_1': { rule: 'concept' },
  'fact_relationship.domain_concept_id_2': { rule: 'concept' },
  'fact_relationship.fact_id_1': { rule: 'fact', domain: 'domain_concept_id_1' },
  'fact_relationship.fact_id_2': { rule: 'fact', domain: 'domain_concept_id_2' },
};

const LINKS: Readonly<Record<string, ColumnRule>> = {
  visit_occurrence_id: { rule: 'link', to: 'visit_occurrence', missing: 'leave-out' },
  care_site_id: { rule: 'link', to: 'care_site', missing: 'leave-out-if-table' },
  provider_id: { rule: 'link', to: 'provider', missing: 'leave-out-if-table' },
  location_id: { rule: 'link', to: 'location', missing: 'leave-out-if-table' },
  visit_detail_id: { rule: 'link', to: 'visit_detail', missing: 'unlink' },
};

export const ruleOf = (table: OmopTable, column: string): ColumnRule => {
  const { id, columns } = OMOP_TABLES[table];
  const exception = EXCEPTIONS[`${table}.${column}`];
  if (exception) return exception;
  if (column === 'person_id') return { rule: 'subject' };
  if (column === id) return { rule: 'own-key' };
  if (LINKS[column]) return LINKS[column];
  if (column.endsWith('_concept_id')) return { rule: 'concept' };
  switch ((columns as Readonly<Record<string, string>>)[column]) {
    case 'DATE':
      return { rule: 'date' };
    case 'TIMESTAMP':
      return { rule: 'timestamp' };
    case 'DOUBLE':
      return { rule: 'decimal' };
    case 'INTEGER':
      return { rule: 'integer' };
    case 'VARCHAR':
      return { rule: 'source-value' };
    default:
      throw new RangeError(`${table}.${column} has no rule`);
  }
};

/** The key column of a table's rows in the source: a person’s and a death’s is the person's. */
export const keyColumn = (table: OmopTable): string => OMOP_TABLES[table].id;

/** The column that tells of a row which it is, for those who read the file. */
export const namedKey = (table: OmopTable): string => (table === 'fact_relationship' ? 'fact_id_1' : keyColumn(table));

/** Whether a table's rows are about a patient; each of them, but for those of fact_relationship. */
export const hasPatient = (table: OmopTable): boolean => 'person_id' in OMOP_TABLES[table].columns;
