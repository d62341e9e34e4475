import type { DuckDBConnection } from '@duckdb/node-api';
import { withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { runQualityChecks } from '../../../lambdas/adapters/quality-run.ts';
import { OMOP_TABLES, OMOP_TABLE_NAMES } from '../../../lambdas/domain/lake/omop-tables.ts';
import { CHECKS } from '../../../lambdas/domain/lake/quality/checks.ts';
import { type QualityResult, qualityVerdict } from '../../../lambdas/domain/lake/quality/results.ts';

/** Two people, one visit, and one row of what is measured, taken and found: nothing is wrong with them. */
const GOOD = [
  `INSERT INTO location BY NAME SELECT 7 AS location_id, 'MA' AS state`,
  `INSERT INTO care_site BY NAME SELECT 5 AS care_site_id, 7 AS location_id, 8717 AS place_of_service_concept_id, 'A' AS care_site_source_value`,
  `INSERT INTO provider BY NAME SELECT 6 AS provider_id, 5 AS care_site_id`,
  `INSERT INTO person BY NAME SELECT * FROM (VALUES (1, 8507, 1950, 8527, 38003564, 5, 'M'), (2, 8532, 1960, 8527, 38003564, 5, 'F')) t(person_id, gender_concept_id, year_of_birth, race_concept_id, ethnicity_concept_id, care_site_id, gender_source_value)`,
  `INSERT INTO observation_period BY NAME SELECT person_id AS observation_period_id, person_id, DATE '2015-01-01' AS observation_period_start_date, DATE '2018-01-01' AS observation_period_end_date, 32882 AS period_type_concept_id FROM person`,
  `INSERT INTO visit_occurrence BY NAME SELECT 10 AS visit_occurrence_id, 1 AS person_id, 9202 AS visit_concept_id, DATE '2015-02-03' AS visit_start_date, DATE '2015-02-04' AS visit_end_date, 32827 AS visit_type_concept_id, 6 AS provider_id, 'outpatient' AS visit_source_value`,
  `INSERT INTO visit_detail BY NAME SELECT 11 AS visit_detail_id, 1 AS person_id, 9202 AS visit_detail_concept_id, DATE '2015-02-03' AS visit_detail_start_date, DATE '2015-02-04' AS visit_detail_end_date, 32827 AS visit_detail_type_concept_id, 6 AS provider_id, 10 AS visit_occurrence_id, 11 AS parent_visit_detail_id, 'outpatient' AS visit_detail_source_value`,
  `INSERT INTO measurement BY NAME SELECT 20 AS measurement_id, 1 AS person_id, 3036277 AS measurement_concept_id, DATE '2015-02-03' AS measurement_date, 32856 AS measurement_type_concept_id, 171.5 AS value_as_number, 8582 AS unit_concept_id, 10 AS visit_occurrence_id, 11 AS visit_detail_id, '8302-2' AS measurement_source_value, 'cm' AS unit_source_value`,
  `INSERT INTO condition_occurrence BY NAME SELECT 30 AS condition_occurrence_id, 1 AS person_id, 201826 AS condition_concept_id, DATE '2015-02-03' AS condition_start_date, DATE '2016-02-03' AS condition_end_date, 32827 AS condition_type_concept_id, '44054006' AS condition_source_value`,
  `INSERT INTO drug_exposure BY NAME SELECT 40 AS drug_exposure_id, 2 AS person_id, 1310149 AS drug_concept_id, DATE '2015-02-03' AS drug_exposure_start_date, DATE '2015-03-05' AS drug_exposure_end_date, 32838 AS drug_type_concept_id, 30 AS days_supply, '11289' AS drug_source_value`,
  `INSERT INTO observation BY NAME SELECT 50 AS observation_id, 1 AS person_id, 3046853 AS observation_concept_id, DATE '2015-02-03' AS observation_date, 32817 AS observation_type_concept_id, '32624-9' AS observation_source_value`,
  `INSERT INTO procedure_occurrence BY NAME SELECT 60 AS procedure_occurrence_id, 2 AS person_id, 4163971 AS procedure_concept_id, DATE '2015-02-03' AS procedure_date, 32827 AS procedure_type_concept_id, '45595009' AS procedure_source_value`,
  `INSERT INTO fact_relationship BY NAME SELECT * FROM (VALUES (70, 21, 20, 8, 10, 44818721, 1), (71, 57, 5, 57, 5, 46233688, NULL)) t(fact_relationship_id, domain_concept_id_1, fact_id_1, domain_concept_id_2, fact_id_2, relationship_concept_id, person_id)`,
];

export const createTables = async (connection: DuckDBConnection) => {
  for (const table of OMOP_TABLE_NAMES) {
    const columns = Object.entries(OMOP_TABLES[table].columns).map(([name, type]) => `"${name}" ${type}`);
    await connection.run(`CREATE TABLE ${table} (${columns.join(', ')})`);
  }
  for (const sql of GOOD) await connection.run(sql);
};

export const check = (plant: readonly string[] = [], checks = CHECKS): Promise<QualityResult[]> =>
  withDuckDb(async (connection) => {
    await createTables(connection);
    for (const sql of plant) await connection.run(sql);
    return runQualityChecks(connection, [{ source: 'hospital', where: 'true' }], { checks });
  });

export const breachesOf = (results: readonly QualityResult[]) =>
  qualityVerdict(results).breaches.map(
    ({ check, table, field, conceptId, violated, denominator }) => `${check} ${table}${field ? `.${field}` : ''}${conceptId ? ` ${conceptId}` : ''} ${violated}/${denominator}`,
  );
