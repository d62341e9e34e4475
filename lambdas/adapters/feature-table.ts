import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetManifest } from '../contracts/dataset.ts';
import type { ObjectVersion } from '../contracts/object.ts';
import { type FeatureView, encodedColumns } from '../domain/features/feature-view.ts';
import { type Cohort, type LakePerson, type LakeValue, assembleCohort } from '../domain/training/cohort.ts';
import type { SplitRow } from '../domain/training/split.ts';
import { personConceptName } from '../domain/lake/concepts.ts';
import { conceptNameOf } from '../domain/lake/vocabulary/concept-name.ts';
import { literal, withDuckDb } from './duckdb.ts';
import { withLakeView } from './lake-view.ts';
import { getVerifiedJson, putObject } from './objects.ts';
import { withScratch } from './scratch.ts';

const READ = ['person', 'care_site', 'observation_period', 'measurement', 'observation', 'drug_exposure', 'condition_occurrence'] as const;

/** Reads a dataset version's current rows and applies the view. */
export const readCohort = async (view: FeatureView, manifest: ObjectVersion): Promise<{ cohort: Cohort; usesOf: (personId: number) => string[] }> => {
  const pinned = (await getVerifiedJson(manifest)) as DatasetManifest;
  return withLakeView(pinned, READ, async (connection) => {
    const all = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjects();
    const uses = new Map<number, string[]>();
    for (const row of await all('SELECT person_id::VARCHAR AS person, use FROM seen ORDER BY ALL')) {
      const personId = Number(row['person']);
      uses.set(personId, [...(uses.get(personId) ?? []), String(row['use'])]);
    }
    const persons = (await all(PERSONS)).map(
      (row): LakePerson => ({
        personId: Number(row['person']),
        use: uses.get(Number(row['person']))![0] as LakePerson['use'],
        site: String(row['site'] ?? 'unknown'),
        indexDate: String(row['index_date']),
        gender: personConceptName('gender', Number(row['gender_id'])) ?? (row['gender'] as string | null),
        race: personConceptName('race', Number(row['race_id'])) ?? (row['race'] as string | null),
        yearOfBirth: row['year_of_birth'] === null ? null : Number(row['year_of_birth']),
      }),
    );
    const values = (await all(VALUES)).map(
      (row): LakeValue => ({
        personId: Number(row['person']),
        table: row['table'] as LakeValue['table'],
        sourceValue: conceptNameOf(String(row['source_value'])),
        number: row['number'] as number | null,
        text: row['text'] as string | null,
        source: row['source'] as string | null,
      }),
    );
    return { cohort: assembleCohort(view, persons, values), usesOf: (personId: number) => uses.get(personId) ?? [] };
  });
};

/** One row per person, whichever sources told of them: the newest value that is known stands. Development comes before external. */
const PERSONS = `
  SELECT p.person_id::VARCHAR AS person, arg_max(s.care_site_source_value, p.ingest_order) FILTER (s.care_site_source_value IS NOT NULL) AS site,
         min(o.first_day)::VARCHAR AS index_date,
         arg_max(p.gender_concept_id, p.ingest_order) FILTER (p.gender_concept_id > 0) AS gender_id, arg_max(p.gender_source_value, p.ingest_order) AS gender,
         arg_max(p.race_concept_id, p.ingest_order) FILTER (p.race_concept_id > 0) AS race_id, arg_max(p.race_source_value, p.ingest_order) AS race,
         arg_max(p.year_of_birth, p.ingest_order) FILTER (p.year_of_birth > 0) AS year_of_birth
  FROM person p LEFT JOIN (SELECT DISTINCT care_site_id, care_site_source_value FROM care_site) s USING (care_site_id)
  LEFT JOIN (SELECT person_id, min(observation_period_start_date) AS first_day FROM observation_period GROUP BY person_id) o USING (person_id)
  GROUP BY p.person_id ORDER BY p.person_id`;

/** Oldest first: of one thing said twice the newer stands. That a drug was taken or a condition was there is a flag of 1, which an observation may overrule. */
const VALUES = `
  SELECT person, "table", source_value, number, text, source FROM (
    SELECT person_id::VARCHAR AS person, 'observation' AS "table", drug_source_value AS source_value, 1.0 AS number, NULL AS text, NULL AS source, 0 AS rank, drug_exposure_start_date AS day, drug_exposure_id AS id FROM drug_exposure
    UNION ALL SELECT person_id::VARCHAR, 'observation', condition_source_value, 1.0, NULL, NULL, 0, condition_start_date, condition_occurrence_id FROM condition_occurrence
    UNION ALL SELECT person_id::VARCHAR, 'measurement', measurement_source_value, value_as_number, NULL, value_source_value, 1, measurement_date, measurement_id FROM measurement
    UNION ALL SELECT person_id::VARCHAR, 'observation', observation_source_value, value_as_number, value_as_string, value_source_value, 1, observation_date, observation_id FROM observation
  ) WHERE source_value IS NOT NULL ORDER BY rank, day, id`;

/** Writes the training table of the job contract (containers/README.md) as Parquet, sorted by person: the same cohort, the same bytes. */
export const writeFeatureTable = (view: FeatureView, rows: readonly SplitRow[], where: { bucket: string; key: string }): Promise<ObjectVersion> =>
  withScratch(async (folder) => {
    const columns = encodedColumns(view).map(({ column }) => column);
    const types: Record<string, string> = {
      person_id: 'BIGINT',
      site: 'VARCHAR',
      split: 'VARCHAR',
      ...Object.fromEntries(view.features.map(({ name, kind }) => [name, kind === 'categorical' ? 'VARCHAR' : 'DOUBLE'])),
      ...Object.fromEntries(columns.map((column) => [column, 'DOUBLE'])),
      [view.label.name]: 'DOUBLE',
      ...Object.fromEntries(view.observed.map(({ name }) => [name, 'DOUBLE'])),
    };
    const lines = rows.map((row) =>
      JSON.stringify({
        person_id: row.personId,
        site: row.site,
        split: row.split,
        ...row.raw,
        ...Object.fromEntries(columns.map((column, index) => [column, row.encoded[index]])),
        [view.label.name]: row.label,
        ...row.observed,
      }),
    );
    const staged = join(folder, 'rows.ndjson');
    const path = join(folder, 'features.parquet');
    await writeFile(staged, `${lines.join('\n')}\n`);
    await withDuckDb(async (connection) => {
      const declared = Object.entries(types).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
      await connection.run(
        `COPY (FROM read_json(${literal(staged)}, format = 'newline_delimited', columns = {${declared.join(', ')}}) ORDER BY person_id) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
      );
    });
    return putObject(where, await readFile(path), 'application/vnd.apache.parquet');
  });
