import { literal, withDuckDb } from './duckdb.ts';
import { downloadRecords } from './record-files.ts';
import { withScratch } from './scratch.ts';

/** The ingests that brought records of a person. */
export const ingestsOfPerson = (lake: { bucket: string; table: string }, partition: number, personId: number): Promise<string[]> =>
  withScratch(async (folder) => {
    const files = await downloadRecords(lake, partition, folder);
    if (files.length === 0) return [];
    return withDuckDb(async (connection) => {
      const ingests = files.map(
        ({ path, ingestId }) => `SELECT ${ingestId ? literal(ingestId) : 'ingest_id'} AS ingest FROM read_parquet(${literal(path)}) WHERE person_id = ${personId}`,
      );
      const reader = await connection.runAndReadAll(`SELECT DISTINCT ingest FROM (${ingests.join(' UNION ALL ')}) ORDER BY ingest`);
      return reader.getRowObjects().map((row) => String(row['ingest']));
    });
  });
