import { closeSync, createReadStream, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';

const LINE_FEED = 10;
const QUOTE = 34;
const BEGINNING = Buffer.from('{"table":"');
/** So much of a table is held before it is written. */
const HELD_BYTES = 1 << 18;

type TableFile = { path: string; file: number; held: Buffer[]; bytes: number };

/**
 * Splits staged rows (NDJSON, also gzip) into a file for each table, in their order, so that the engine reads each with its own columns alone.
 * A line begins with its table's name.
 */
export const splitStaged = async (paths: readonly string[], folder: string): Promise<Map<string, string>> => {
  const tables = new Map<string, TableFile>();
  const write = (table: TableFile): void => {
    writeSync(table.file, Buffer.concat(table.held, table.bytes));
    [table.held, table.bytes] = [[], 0];
  };
  const take = (line: Buffer): void => {
    const name = line.toString('latin1', BEGINNING.length, line.indexOf(QUOTE, BEGINNING.length));
    let table = tables.get(name);
    if (!table) {
      if (!line.subarray(0, BEGINNING.length).equals(BEGINNING) || !/^[a-z_]{1,40}$/.test(name)) throw new Error('a staged row does not begin with its table');
      const path = join(folder, `table-${name}.ndjson`);
      table = { path, file: openSync(path, 'w'), held: [], bytes: 0 };
      tables.set(name, table);
    }
    table.held.push(line);
    table.bytes += line.length;
    if (table.bytes >= HELD_BYTES) write(table);
  };
  try {
    for (const path of paths) {
      let rest: Buffer = Buffer.alloc(0);
      for await (const read of chunksOf(path)) {
        const chunk = rest.length > 0 ? Buffer.concat([rest, read]) : read;
        let from = 0;
        for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
          take(chunk.subarray(from, end + 1));
          from = end + 1;
        }
        rest = chunk.subarray(from);
      }
      if (rest.length > 0) take(Buffer.concat([rest, Buffer.of(LINE_FEED)]));
    }
    for (const table of tables.values()) write(table);
  } finally {
    for (const { file } of tables.values()) closeSync(file);
  }
  return new Map([...tables].map(([name, { path }]) => [name, path]));
};

const chunksOf = (path: string): AsyncIterable<Buffer> => {
  const raw = createReadStream(path, { highWaterMark: 1 << 18 });
  if (!path.endsWith('.gz')) return raw;
  const expanded = createGunzip({ chunkSize: 1 << 18 });
  raw.on('error', (error) => expanded.destroy(error));
  return raw.pipe(expanded);
};
