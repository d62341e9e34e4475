import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { curate } from '../../../lambdas/adapters/curation.ts';
import { literal, withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { runQualityChecks } from '../../../lambdas/adapters/quality-run.ts';
import { withScratch } from '../../../lambdas/adapters/scratch.ts';
import { OLDEST_YEARS, safeHarborShiftDays } from '../../../lambdas/domain/lake/deidentified-date.ts';
import { isDated } from '../../../lambdas/domain/lake/formats.ts';
import { OMOP_TABLES, OMOP_TABLE_NAMES } from '../../../lambdas/domain/lake/omop-tables.ts';
import type { QualityResult } from '../../../lambdas/domain/lake/quality/results.ts';
import { termsOf } from '../../../lambdas/domain/lake/source-terms.ts';
import { findSource } from '../../../lambdas/domain/lake/sources.ts';
import { SECRET, ingestFiles } from './ingest-file.ts';
import { type FlatRow, stageRows } from './staged-rows.ts';

/** Every check on what files of a source become under Safe Harbor. `spoil` may change the staged rows. */
export const qualityOf = async (
  source: string,
  contents: Parameters<typeof ingestFiles>[1],
  spoil: (row: FlatRow, index: number) => FlatRow = (row) => row,
): Promise<QualityResult[]> => {
  const { rows } = await ingestFiles(source, contents);
  const map = findSource(source)!;
  return withScratch(async (folder) => {
    const staged = stageRows(
      folder,
      'staged',
      rows.map(({ row }, index) => spoil(row, index)),
    );
    const made = join(folder, 'made');
    mkdirSync(made);
    const shifts: Parameters<typeof curate>[0]['shifts'] = isDated(map) ? async (days) => new Map(days.map(({ personId, date }) => [personId, safeHarborShiftDays(date)])) : null;
    const tables = new Set<string>();
    await curate({ staged, earlier: [], folder, shifts, oldestYears: OLDEST_YEARS, terms: termsOf(map, SECRET) }, async ({ table, content }) => {
      writeFileSync(join(made, `${table}.parquet`), content);
      tables.add(table);
    });
    return withDuckDb(async (connection) => {
      for (const table of OMOP_TABLE_NAMES) {
        const empty = Object.entries(OMOP_TABLES[table].columns).map(([name, type]) => `NULL::${type} AS "${name}"`);
        const from = tables.has(table) ? `SELECT * EXCLUDE (record_key) FROM read_parquet(${literal(join(made, `${table}.parquet`))})` : `SELECT ${empty.join(', ')} WHERE false`;
        await connection.run(`CREATE VIEW ${table} AS ${from}`);
      }
      return runQualityChecks(connection, [{ source, where: 'true' }]);
    });
  });
};
