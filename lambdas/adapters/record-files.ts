import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { keys } from '../../config/catalog/stores.ts';
import { newestCompactions, notCompacted } from '../domain/lake/compaction.ts';
import { listCompactions } from './compaction-store.ts';
import { getBytes, getVerified, listKeys } from './objects.ts';

/** A file of records on local disk; `ingestId` where it holds one ingest's: else each row says it (`ingest_id`). */
export type RecordFile = { path: string; ingestId?: string };

/** The ingests that wrote records of a partition, committed or not. */
export const ingestsIn = async (bucket: string, partition: number): Promise<string[]> => (await listKeys(bucket, keys.records(partition))).map((key) => basename(key, '.parquet'));

/** All that the lake holds of a partition's records, in as few files as there are. */
export const downloadRecords = async ({ bucket, table }: { bucket: string; table: string }, partition: number, folder: string): Promise<RecordFile[]> => {
  const compactions = await listCompactions(table, partition);
  const files: RecordFile[] = [];
  const keep = async (content: Buffer, ingestId?: string) => {
    const path = join(folder, `records-${files.length}.parquet`);
    await writeFile(path, content);
    files.push({ path, ...(ingestId ? { ingestId } : {}) });
  };
  for (const { objects } of newestCompactions(compactions)) for (const object of objects) if (object.table === 'record') await keep(await getVerified(object));
  for (const ingestId of notCompacted(await ingestsIn(bucket, partition), compactions))
    await keep(await getBytes({ bucket, key: keys.omop('record', ingestId, partition) }), ingestId);
  return files;
};
