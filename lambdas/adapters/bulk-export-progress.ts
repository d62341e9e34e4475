import type { Manifest } from '../domain/lake/bulk-export/manifest.ts';
import type { Progress, ProgressStore } from '../domain/lake/bulk-export/steps.ts';
import type { Asked } from '../domain/lake/bulk-export/kick-off.ts';
import { newProgress } from '../domain/lake/bulk-export/steps.ts';
import { pieceKey } from './bulk-export-sink.ts';
import { createDocument, getDocument, updateDocument } from './documents.ts';
import { getJson, putObject, sizeOf } from './objects.ts';

const progress = (exportId: string) => ({ pk: `EXPORT#${exportId}`, sk: 'PROGRESS' });
const manifestKey = (exportId: string, generation: number): string => pieceKey(exportId, `${generation}/manifest.json`);

/** Progress in the lake's table; manifests, which may be long and hold signed links, in the landing zone. */
export const progressStore = (table: string, bucket: string, exportId: string, asked: Asked): ProgressStore => ({
  read: async () => (await getDocument<Progress>(table, progress(exportId))) ?? newProgress(asked),
  write: async (document) => {
    if (!(await createDocument(table, progress(exportId), document))) await updateDocument(table, progress(exportId), document);
  },
  readManifest: async (generation) => {
    const where = { bucket, key: manifestKey(exportId, generation) };
    return (await sizeOf(where)) === null ? null : getJson<Manifest>(where);
  },
  writeManifest: async (generation, manifest) => {
    await putObject({ bucket, key: manifestKey(exportId, generation) }, JSON.stringify(manifest), 'application/json');
  },
});
