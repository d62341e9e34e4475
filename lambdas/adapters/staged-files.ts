import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { StagedRow } from '../domain/lake/identify.ts';
import { STAGED_TABLES, writeStagedLine } from '../domain/lake/staged-line.ts';
import type { StagedSet } from '../domain/lake/staged-set.ts';
import { literal } from './duckdb.ts';
import { GrowingFile } from './scratch.ts';

const fileOf = (folder: string, begin: string, partition: number, table: string): string => join(folder, `${begin}-${partition}-${table}.csv.zst`);

/** The table of whose rows a file of CSV is, by its name; null: it is of another form. */
export const stagedTableOf = (path: string): StagedRow['table'] | null => (/-([a-z_]+)\.csv\.zst$/.exec(path)?.[1] ?? null) as StagedRow['table'] | null;

/** Longer rows are a fault. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Rows of files of CSV as a relation, with columns of these types. */
export const stagedRelation = (paths: readonly string[], columns: readonly (readonly [name: string, type: string])[]): string => {
  const types = columns.map(([name, type]) => `${literal(name)}: ${literal(type)}`);
  return `read_csv([${paths.map(literal).join(', ')}], columns = {${types.join(', ')}}, auto_detect = false, header = false, compression = 'zstd', delim = ',', quote = '"', escape = '"',
    new_line = '\\n', nullstr = '', allow_quoted_nulls = false, max_line_size = ${MAX_LINE_BYTES}, buffer_size = ${2 * MAX_LINE_BYTES})`;
};

type TableFile = { path: string; partition: number; table: StagedRow['table']; rows: GrowingFile };

/** Staged rows of one file of a set, a file of CSV for each partition and table: kept apart until that file ended well. */
export class StagedFiles {
  readonly #folder: string;
  readonly #files: Map<string, TableFile>[];

  constructor(folder: string, partitions: number) {
    this.#folder = folder;
    this.#files = Array.from({ length: partitions }, () => new Map());
  }

  /** Answers what is to be waited for, if anything. */
  write(partition: number, row: StagedRow): Promise<void> | void {
    const files = this.#files[partition]!;
    let file = files.get(row.table);
    if (!file) {
      const path = fileOf(this.#folder, 'file', partition, row.table);
      file = { path, partition, table: row.table, rows: new GrowingFile(path, 'zstd') };
      files.set(row.table, file);
    }
    return file.rows.put((bytes, at) => writeStagedLine(row, bytes, at));
  }

  /** Appends to the set's files, or drops all. Files of Zstandard may be joined end to end (RFC 8878, 3). */
  async end(isKept: boolean): Promise<void> {
    for (const files of this.#files)
      for (const { path, partition, table, rows } of files.values()) {
        await rows.close();
        if (isKept) await append(path, fileOf(this.#folder, 'staged', partition, table));
        else await rm(path);
      }
  }
}

/** Moves a file's bytes to the end of another. */
export const append = async (from: string, to: string): Promise<void> => {
  if (!existsSync(to)) return rename(from, to);
  await pipeline(createReadStream(from), createWriteStream(to, { flags: 'a' }));
  await rm(from);
};

/** The files of a set that were kept, by partition and table. */
export const stagedFiles = (folder: string, partitions: number): StagedSet['partitions'] =>
  Array.from({ length: partitions }, (_, partition) => STAGED_TABLES.map((table) => ({ partition, path: fileOf(folder, 'staged', partition, table) })))
    .flat()
    .filter(({ path }) => existsSync(path));
