import type { DatasetManifest, DatasetObject } from '../../../contracts/dataset.ts';

/** A source's rows among the lake view's: those of its ingests, which the view numbers from the oldest on. */
export const sourcesOf = ({ ingests }: Pick<DatasetManifest, 'ingests'>): { source: string; where: string }[] => {
  const ordered = [...ingests].sort((a, b) => (`${a.committedAt} ${a.ingestId}` < `${b.committedAt} ${b.ingestId}` ? -1 : 1));
  const sources = [...new Set(ordered.map(({ source }) => source))].sort();
  return sources.map((source) => ({ source, where: `ingest_order IN (${ordered.flatMap((ingest, order) => (ingest.source === source ? [order] : [])).join(', ')})` }));
};

/** One function checks so much in less time than several take to start. */
const TOGETHER_BYTES = 64 * 2 ** 20;

/** The sources that are checked side by side, each branch in a function of its own: all in one where the version is small. */
export const qualityBranches = (manifest: Pick<DatasetManifest, 'ingests'> & { objects: readonly Pick<DatasetObject, 'bytes'>[] }): string[][] => {
  const sources = sourcesOf(manifest).map(({ source }) => source);
  const bytes = manifest.objects.reduce((sum, object) => sum + object.bytes, 0);
  return bytes < TOGETHER_BYTES ? [sources] : sources.map((source) => [source]);
};
