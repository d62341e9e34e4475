import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import omopCsv from '../../../config/sources/omop-csv.json' with { type: 'json' };
import { literal, withDuckDb } from '../../../lambdas/adapters/duckdb.ts';
import { stageOmop } from '../../../lambdas/adapters/omop-staging.ts';
import { setFile } from '../../../lambdas/adapters/set-files.ts';
import { OmopMap } from '../../../lambdas/domain/lake/formats/omop/map.ts';
import type { FileReading, StagedSet } from '../../../lambdas/domain/lake/staged-set.ts';

export const MAP = OmopMap.parse(omopCsv);
export const SECRET = Buffer.alloc(32, 7);
export const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'omop');

export type Staged = { set: StagedSet; reading: (name: string) => FileReading; rows: Record<string, unknown>[]; quarantine: string };

/** Stages files by their paths, in this order. */
export const stage = async (paths: readonly string[], folder: string, map: OmopMap = MAP, partitions = 3): Promise<Staged> => {
  const files = paths.map((path, index) => setFile(index, path, statSync(path).size, path));
  const set = await stageOmop(files, map, SECRET, folder, partitions);
  const reading = (name: string) => set.files[paths.findIndex((path) => path.endsWith(name))]!;
  return { set, reading, rows: await rowsOf(set), quarantine: readFileSync(set.quarantine, 'utf8') };
};

export const folderOf = (name: string): string[] =>
  readdirSync(join(FIXTURES, name))
    .sort()
    .map((file) => join(FIXTURES, name, file));

const rowsOf = async ({ partitions }: StagedSet): Promise<Record<string, unknown>[]> =>
  partitions.length === 0
    ? []
    : withDuckDb(async (connection) => {
        const from = `read_parquet([${partitions.map(({ path }) => literal(path)).join(', ')}], union_by_name = true)`;
        return (await connection.runAndReadAll(`SELECT * FROM ${from} ORDER BY ALL`)).getRowObjectsJson() as Record<string, unknown>[];
      });

/** A staged row without what it does not say. */
export const told = (row: Record<string, unknown> | undefined): Record<string, unknown> => Object.fromEntries(Object.entries(row ?? {}).filter(([, value]) => value !== null));
