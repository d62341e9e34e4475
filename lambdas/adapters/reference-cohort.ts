import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectVersion } from '../contracts/object.ts';
import type { FeatureView, RawValue } from '../domain/features/feature-view.ts';
import type { ReferenceRow } from '../domain/monitoring/watched.ts';
import { literal, withDuckDb } from './duckdb.ts';
import { getVerified } from './objects.ts';
import { withScratch } from './scratch.ts';

/** In out_of_fold.parquet of the job contract: the prediction (mg/week) by a fit that had not seen the patient's institution. */
const PREDICTED = 'dose_mg_week';

/** The cohort that a version was trained on, as its run's pinned feature table and out-of-fold predictions say; another institution's patients are left out. */
export const readReference = (view: FeatureView, table: ObjectVersion, outOfFold: ObjectVersion): Promise<ReferenceRow[]> =>
  withScratch(async (folder) => {
    const [features, predictions] = [join(folder, 'features.parquet'), join(folder, 'out_of_fold.parquet')];
    await writeFile(features, await getVerified(table));
    await writeFile(predictions, await getVerified(outOfFold));
    return withDuckDb(async (connection) => {
      const sql = `SELECT f.*, p.${PREDICTED} AS predicted FROM read_parquet(${literal(features)}) f LEFT JOIN read_parquet(${literal(predictions)}) p USING (person_id) WHERE f.split <> 'external' ORDER BY f.person_id`;
      const rows = (await connection.runAndReadAll(sql)).getRowObjects();
      return rows.map((row) => ({
        features: Object.fromEntries(view.features.map(({ name }) => [name, (row[name] ?? null) as RawValue])),
        observed: Number(row[view.label.name]),
        predicted: row['predicted'] === null ? null : Number(row['predicted']),
      }));
    });
  });
