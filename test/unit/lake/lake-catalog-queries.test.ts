import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LAKE_PARTITIONS, keys } from '../../../config/catalog/stores.ts';
import { curate } from '../../../lambdas/adapters/curation.ts';
import { literal, withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { OLDEST_YEARS, safeHarborShiftDays } from '../../../lambdas/domain/lake/deidentified-date.ts';
import { OMOP_TABLES, OMOP_TABLE_NAMES } from '../../../lambdas/domain/lake/omop-tables.ts';
import { folderOf, stage } from './omop-set.ts';

const DOC = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'data', 'lake.md'), 'utf8');
const EXAMPLES = [...DOC.matchAll(/## ([^\n]+)\n(?:(?!\n## )[\s\S])*?```sql\n([\s\S]*?)```\n```text\n([\s\S]*?)```/g)].map(([, heading, sql, rows]) => ({
  heading: heading!,
  sql: sql!,
  rows: rows!,
}));

/** The lake bucket's layout on disk: what the ingest writes, read by the paths that the catalog has. */
const layOut = async (folder: string): Promise<void> => {
  const { set } = await stage(folderOf('cdm-5.3'), folder, undefined, LAKE_PARTITIONS);
  const shifts: Parameters<typeof curate>[0]['shifts'] = async (days) => new Map(days.map(({ personId, date }) => [personId, safeHarborShiftDays(date)]));
  for (const { partition, path } of set.partitions) {
    await curate({ staged: [path], earlier: [], folder, shifts, oldestYears: OLDEST_YEARS }, async ({ table, content }) => {
      const file = join(folder, 'lake', keys.omop(table, 'ing_1', partition));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    });
  }
};

describe('the queries of docs/data/lake.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lake-queries-'));
  before(() => layOut(folder));
  after(() => rmSync(folder, { recursive: true }));

  test('there is one of each kind', () => {
    assert.equal(EXAMPLES.length, (DOC.match(/```sql\n/g) ?? []).length);
    assert.ok(EXAMPLES.length >= 7);
  });

  for (const { heading, sql, rows } of EXAMPLES) {
    test(heading, async () => {
      await withDuckDb(async (connection) => {
        for (const table of [...OMOP_TABLE_NAMES, 'record'] as const) {
          const files = literal(join(folder, 'lake', 'omop', table, '*', '*.parquet'));
          const there = (await connection.runAndReadAll(`SELECT count(*) FROM glob(${files})`)).getRows()[0]![0];
          const columns = table === 'record' ? {} : OMOP_TABLES[table].columns;
          const empty = Object.entries(columns).map(([name, type]) => `NULL::${type} AS "${name}"`);
          await connection.run(
            `CREATE VIEW ${table} AS ${Number(there) > 0 ? `SELECT * EXCLUDE (partition), partition::INTEGER AS patient_partition FROM read_parquet(${files}, hive_partitioning = true)` : `SELECT ${empty.join(', ')} WHERE false`}`,
          );
        }
        const found = (await connection.runAndReadAll(sql)).getRows().map((row) => row.map((value) => (value === null ? '' : String(value))).join(','));
        assert.equal(`${found.join('\n')}\n`, rows);
      });
    });
  }
});
