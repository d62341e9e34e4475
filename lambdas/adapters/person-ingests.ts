import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { keys } from '../../config/catalog/stores.ts';
import { literal, withDuckDb } from './duckdb.ts';
import { getBytes, listKeys } from './objects.ts';
import { withScratch } from './scratch.ts';

/** The ingests that brought records of a person. */
export const ingestsOfPerson = (bucket: string, partition: number, personId: number): Promise<string[]> =>
  withScratch(async (folder) => {
    const found = await listKeys(bucket, keys.records(partition));
    const paths: string[] = [];
    for (const key of found) {
      const path = join(folder, basename(key));
      await writeFile(path, await getBytes({ bucket, key }));
      paths.push(path);
    }
    if (paths.length === 0) return [];
    return withDuckDb(async (connection) => {
      const reader = await connection.runAndReadAll(
        `SELECT DISTINCT parse_filename(filename, true) AS ingest FROM read_parquet([${paths.map(literal).join(', ')}], filename = true) WHERE person_id = ${personId} ORDER BY ingest`,
      );
      return reader.getRowObjects().map((row) => String(row['ingest']));
    });
  });
