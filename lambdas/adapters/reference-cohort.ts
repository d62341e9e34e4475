import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectVersion } from '../contracts/object.ts';
import type { FeatureView } from '../domain/features/feature-view.ts';
import type { ReferenceRow } from '../domain/monitoring/signals.ts';
import { literal, withDuckDb } from './duckdb.ts';
import { getVerified } from './objects.ts';
import { withScratch } from './scratch.ts';

/** The cohort that a version was trained on, as its run's pinned feature table says; another institution's patients are left out. */
export const readReference = (view: FeatureView, table: ObjectVersion): Promise<ReferenceRow[]> =>
  withScratch(async (folder) => {
    const path = join(folder, 'features.parquet');
    await writeFile(path, await getVerified(table));
    return withDuckDb(async (connection) => {
      const rows = (await connection.runAndReadAll(`SELECT * FROM read_parquet(${literal(path)}) WHERE split <> 'external'`)).getRowObjects();
      return rows.map((row) => ({ features: Object.fromEntries(view.features.map(({ name }) => [name, row[name] as string | number | null])), label: Number(row[view.label.name]) }));
    });
  });
