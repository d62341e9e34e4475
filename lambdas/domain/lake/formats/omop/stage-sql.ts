import { OMOP_TABLES, type OmopTable } from '../../omop-tables.ts';
import { rowIdSql, rowSalt } from '../../row-id.ts';
import { hasPatient, ruleOf } from './column-rules.ts';

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const name = (column: string): string => `"${column}"`;

/** The record of a row of the CDM: its table and key. */
const recordOf = (table: OmopTable, key: string): string => `${text(`${table} `)} || ${key}::VARCHAR`;

/** The lake's id of a row by its key in the source. */
export const idSql = (table: OmopTable, key: string): string =>
  table === 'care_site' ? `care_site_id_of(${key}::VARCHAR)` : rowIdSql(`record_key_of(${recordOf(table, key)})`, rowSalt(table, 0));

/** The key table that a column's link is looked up in, joined under this name. */
const linked = (column: string): string => `"of ${column}"`;
const joinLinks = (table: OmopTable, elsewhere: ReadonlySet<string>): string =>
  Object.keys(OMOP_TABLES[table].columns)
    .flatMap((column) => {
      const rule = ruleOf(table, column);
      if (rule.rule !== 'link' || elsewhere.has(rule.to)) return [];
      return [`LEFT JOIN key_${rule.to} ${linked(column)} ON ${linked(column)}.key = nullif(c.${name(column)}, 0)`];
    })
    .join(' ');

/** The lake's column of a source's; `c` is the checked row, `p` its person. */
const stagedColumn = (table: OmopTable, column: string, elsewhere: ReadonlySet<string>): string | null => {
  const rule = ruleOf(table, column);
  const from = `c.${name(column)}`;
  if (table === 'care_site' && column === 'care_site_source_value') return 'c."key"::VARCHAR';
  switch (rule.rule) {
    case 'drop':
      return table === 'person' && column === 'person_source_value' ? 'p.pseudonym' : null;
    case 'subject':
      return 'p.person_id';
    case 'own-key':
      return table === 'care_site' ? idSql(table, 'c."key"') : rowIdSql('c.record_key', rowSalt(table, 0));
    case 'link':
      // an id of the set is looked up; one of another upload of the source is made anew, and is the same
      return elsewhere.has(rule.to) ? `CASE WHEN ${from} <> 0 THEN ${idSql(rule.to, from)} END` : `${linked(column)}.id`;
    case 'source-value':
      return `CASE WHEN ${from} NOT IN (FROM no_codes) THEN ${from} END`;
    default:
      return from;
  }
};

/** A measurement, a drug, a condition of a concept that models know by its code keeps that code where the source's own was dropped. */
const NAMED_BY: Partial<Record<OmopTable, readonly [concept: string, source: string]>> = {
  measurement: ['measurement_concept_id', 'measurement_source_value'],
  observation: ['observation_concept_id', 'observation_source_value'],
  drug_exposure: ['drug_concept_id', 'drug_source_value'],
  condition_occurrence: ['condition_concept_id', 'condition_source_value'],
};

/** Checked rows with their record's keyed name; `checked` is a relation. */
export const keyedSql = (table: OmopTable, checked: string): string => `SELECT *, record_key_of(${recordOf(table, '"key"')}) AS record_key FROM ${checked}`;

/** Admitted rows as staged ones, and one row for each record. `admitted` is a relation of keyed rows. */
export const stagedSql = (table: OmopTable, admitted: string, partitions: number, elsewhere: ReadonlySet<string>): string => {
  const [concept, source] = NAMED_BY[table] ?? [];
  const columns = Object.keys(OMOP_TABLES[table].columns).flatMap((column) => {
    const staged = stagedColumn(table, column, elsewhere);
    if (staged === null) return [];
    return [`${column === source ? `coalesce(${staged}, n.code)` : staged} AS ${name(column)}`];
  });
  const patient = hasPatient(table);
  const ofRecord = `('0x' || substr(c.record_key, 1, 12))::UBIGINT::BIGINT`;
  // a fact_relationship may join care sites or providers alone
  const recordHome = !patient ? ofRecord : table === 'fact_relationship' ? `coalesce(p.person_id, ${ofRecord})` : 'p.person_id';
  const home = patient ? recordHome : table === 'care_site' ? idSql(table, 'c."key"') : '0';
  const from = `${admitted} c ${patient ? `${table === 'fact_relationship' ? 'LEFT JOIN' : 'JOIN'} people p ON p.key = c.subject_key` : ''}`;
  const named = concept ? `LEFT JOIN names n ON n.concept_id = c.${name(concept)}` : '';
  const where = `'row ' || c."row" AS source_location`;
  return `SELECT ${text(table)} AS "table", c.record_key, ${where}, ${columns.join(', ')}, (${home} % ${partitions})::INTEGER AS partition FROM ${from} ${joinLinks(table, elsewhere)} ${named}
    UNION ALL BY NAME SELECT 'record' AS "table", c.record_key, ${where}${patient ? ', p.person_id' : ''}, (${recordHome} % ${partitions})::INTEGER AS partition FROM ${from}`;
};
