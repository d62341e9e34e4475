import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetManifest, DatasetObject } from '../contracts/dataset.ts';
import type { ObjectVersion } from '../contracts/object.ts';
import { type FeatureView, encodedColumns } from '../domain/features/feature-view.ts';
import { type Cohort, type LakePerson, type LakeValue, assembleCohort } from '../domain/training/cohort.ts';
import type { SplitRow } from '../domain/training/split.ts';
import { literal, withDuckDb } from './duckdb.ts';
import { getVerified, putObject } from './objects.ts';
import { withScratch } from './scratch.ts';

const READ = ['person', 'care_site', 'observation_period', 'measurement', 'observation'] as const;

/** Reads the manifest's pinned OMOP objects, every byte verified, and applies the view. */
export const readCohort = (view: FeatureView, manifest: ObjectVersion): Promise<{ cohort: Cohort; usesOf: (personId: number) => string[] }> =>
  withScratch(async (folder) => {
    const { objects } = JSON.parse((await getVerified(manifest)).toString('utf8')) as DatasetManifest;
    const files: { path: string; object: DatasetObject }[] = [];
    for (const object of objects.filter(({ table }) => (READ as readonly string[]).includes(table))) {
      const path = join(folder, `${files.length}.parquet`);
      await writeFile(path, await getVerified(object));
      files.push({ path, object });
    }
    const fromTable = (table: (typeof READ)[number], use: DatasetObject['use']): string | null => {
      const paths = files.filter(({ object }) => object.table === table && object.use === use).map(({ path }) => literal(path));
      return paths.length > 0 ? `read_parquet([${paths.join(', ')}])` : null;
    };
    return withDuckDb(async (connection) => {
      const all = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjects();
      const persons: LakePerson[] = [];
      const uses = new Map<number, string[]>();
      const values: LakeValue[] = [];
      for (const use of ['development', 'external'] as const) {
        const [person, site, period] = [fromTable('person', use), fromTable('care_site', use), fromTable('observation_period', use)];
        if (!person || !site || !period) continue;
        const found = await all(
          `SELECT p.person_id, any_value(s.care_site_source_value) AS site, min(o.observation_period_start_date)::VARCHAR AS index_date,
                  any_value(p.gender_source_value) AS gender, any_value(p.race_source_value) AS race, any_value(p.year_of_birth) AS year_of_birth
           FROM ${person} p LEFT JOIN (SELECT DISTINCT care_site_id, care_site_source_value FROM ${site}) s USING (care_site_id) LEFT JOIN ${period} o USING (person_id)
           GROUP BY p.person_id`,
        );
        for (const row of found) {
          const personId = Number(row['person_id']);
          const held = uses.get(personId);
          if (held) {
            held.push(use);
            continue;
          }
          uses.set(personId, [use]);
          persons.push({
            personId,
            use,
            site: String(row['site'] ?? 'unknown'),
            indexDate: String(row['index_date']),
            gender: row['gender'] as string | null,
            race: row['race'] as string | null,
            yearOfBirth: row['year_of_birth'] === null ? null : Number(row['year_of_birth']),
          });
        }
        for (const [table, name] of [
          ['measurement', fromTable('measurement', use)],
          ['observation', fromTable('observation', use)],
        ] as const) {
          if (!name) continue;
          const text = table === 'observation' ? 'value_as_string' : 'NULL';
          for (const row of await all(
            `SELECT person_id, ${table}_source_value AS source_value, value_as_number AS number, ${text} AS text, value_source_value AS source FROM ${name} ORDER BY ${table}_date, ${table}_id`,
          )) {
            values.push({
              personId: Number(row['person_id']),
              table,
              sourceValue: String(row['source_value']),
              number: row['number'] as number | null,
              text: row['text'] as string | null,
              source: row['source'] as string | null,
            });
          }
        }
      }
      return { cohort: assembleCohort(view, persons, values), usesOf: (personId: number) => uses.get(personId) ?? [] };
    });
  });

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
