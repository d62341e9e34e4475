import type { OmopTable } from '../../omop-tables.ts';
import { rowIdSql, rowSalt } from '../../row-id.ts';
import { hasPatient } from './column-rules.ts';
import { idSql } from './stage-sql.ts';

/**
 * The concepts that say of a fact which table it is a row of: its domain's, and the table's own in the vocabulary CDM, which some ETLs take. Domains: the vocabularies' DOMAIN
 * (OHDSI/dbt-synthea at b9486865, domain_seed.csv), 57 as in MIT-LCP/mimic-omop at fa5113c3; 56 of persons and the tables' concepts as ETLs of mothers and infants and
 * of critical care write them (1147314: https://uclh-criu.github.io/hic-alchemist-docs/documents/omop/clinical/FACT_RELATIONSHIP.html).
 */
export const FACT_CONCEPTS = {
  person: [56, 1147314],
  observation_period: [1147321],
  visit_occurrence: [8, 1147332],
  condition_occurrence: [19, 1147333],
  drug_exposure: [13, 1147339],
  procedure_occurrence: [10, 1147301],
  device_exposure: [17, 1147305],
  measurement: [21, 1147330],
  observation: [27, 1147304],
  specimen: [36, 1147306],
  care_site: [57],
  provider: [33],
} as const satisfies Partial<Record<OmopTable, readonly number[]>>;
export type FactTable = keyof typeof FACT_CONCEPTS;
export const FACT_TABLES = Object.keys(FACT_CONCEPTS) as FactTable[];

const text = (value: string): string => `'${value}'`;

/** `fact_domains(domain, fact_table)` */
export const FACT_DOMAINS = `SELECT * FROM (VALUES ${FACT_TABLES.flatMap((table) => FACT_CONCEPTS[table].map((concept) => `(${concept}, ${text(table)})`)).join(', ')}) t(domain, fact_table)`;

/** `named_facts(fact_table, key)`: what the rows name, each once. */
export const namedFactsSql = (rows: string): string => {
  const side = (at: 1 | 2) =>
    `SELECT d.fact_table, r.fact_id_${at} AS key FROM ${rows} r JOIN fact_domains d ON d.domain = r.domain_concept_id_${at} WHERE r.fact_id_${at} IS NOT NULL`;
  return `SELECT DISTINCT fact_table, key FROM (${side(1)} UNION ALL ${side(2)})`;
};

/**
 * `facts(fact_table, key, patient, id)`: a table's that are named and there, with the lake's id and whose they are. `patients(key, subject, patient)` are the people of the
 * set, the same patient under one key; `admitted` are the table's rows. Unlike those that a link leads to, a fact must be admitted: whose a row is that was left out may
 * come out otherwise.
 */
export const knownFactsSql = (table: FactTable, admitted: string | null, peopleElsewhere: boolean): string | null => {
  const named = `(SELECT key FROM named_facts WHERE fact_table = ${text(table)})`;
  const found = (from: string, key: string, patient: string, id: string): string => `SELECT ${text(table)} AS fact_table, ${key}, ${patient} AS patient, ${id} AS id FROM ${from}`;
  if (table === 'person')
    return peopleElsewhere
      ? found(`${named} n`, 'n.key', 'n.key', 'person_id_of(pseudonym(n.key::VARCHAR))')
      : found(`${named} n JOIN patients p ON p.key = n.key`, 'n.key', 'p.patient', 'person_id_of(pseudonym(p.subject))');
  if (admitted === null) return null;
  const rows = `${admitted} c SEMI JOIN ${named} n ON n.key = c."key"`;
  if (!hasPatient(table)) return found(rows, 'c."key"', 'NULL::BIGINT', idSql(table, 'c."key"'));
  const id = rowIdSql('c.record_key', rowSalt(table, 0));
  return peopleElsewhere ? found(rows, 'c."key"', 'c.subject_key', id) : found(`(FROM ${rows}) c JOIN patients p ON p.key = c.subject_key`, 'c."key"', 'p.patient', id);
};

/** Checked rows of fact_relationship with the lake's ids of their facts and their patient; a row is known by what it says. */
export const resolvedFactsSql = (rows: string): string => {
  const findings = [
    ...([1, 2] as const).flatMap((at) => [
      `CASE WHEN r.domain_concept_id_${at} >= 0 AND d${at}.fact_table IS NULL THEN 'domain_concept_id_${at} broken-reference' END`,
      `CASE WHEN d${at}.fact_table IS NOT NULL AND r.fact_id_${at} IS NOT NULL AND f${at}.id IS NULL THEN 'fact_id_${at} broken-reference' END`,
    ]),
    `CASE WHEN f1.patient <> f2.patient THEN 'fact_id_2 two-patients' END`,
  ];
  const joins = ([1, 2] as const).map(
    (at) =>
      `LEFT JOIN fact_domains d${at} ON d${at}.domain = r.domain_concept_id_${at} LEFT JOIN facts f${at} ON f${at}.fact_table = d${at}.fact_table AND f${at}.key = r.fact_id_${at}`,
  );
  const said = ['domain_concept_id_1', 'fact_id_1', 'domain_concept_id_2', 'fact_id_2', 'relationship_concept_id'].map((column) => `r.${column}`);
  return `(SELECT r.* REPLACE (concat_ws(' ', ${said.join(', ')}) AS "key", coalesce(f1.patient, f2.patient) AS subject_key,
      list_concat(r.findings, list_filter([${findings.join(', ')}], lambda p: p IS NOT NULL)) AS findings, f1.id AS fact_id_1, f2.id AS fact_id_2)
    FROM ${rows} r ${joins.join(' ')})`;
};
