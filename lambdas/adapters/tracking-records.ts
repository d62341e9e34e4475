import { keys } from '../../config/catalog/stores.ts';
import type { JobRecords, RelayReport } from '../domain/training/relay.ts';
import { getJson, sizeOf } from './objects.ts';

const KINDS = ['train', 'evaluate'] as const;

/** What jobs of the run recorded of it, and how far each sent that itself. */
export const recordsOf = async (bucket: string, runId: string): Promise<JobRecords[]> => {
  const found: JobRecords[] = [];
  for (const kind of KINDS) {
    const folder = keys.runRecords(runId, kind);
    const bytes = await sizeOf({ bucket, key: `${folder}records.jsonl` });
    const state = bytes === null ? null : await readIfThere<{ offset: number }>(bucket, `${folder}state.json`);
    if (bytes !== null) found.push({ kind, bytes, sentTo: state?.offset ?? 0 });
  }
  return found;
};

/** What the relay says of its last turn; null where it had none. */
export const relayReport = (bucket: string, runId: string): Promise<RelayReport | null> => readIfThere(bucket, `${keys.runRelay(runId)}report.json`);

const readIfThere = async <T>(bucket: string, key: string): Promise<T | null> => ((await sizeOf({ bucket, key })) === null ? null : getJson<T>({ bucket, key }));
