import type { DatasetManifest } from '../../../contracts/dataset.ts';

/** A source's rows among the lake view's: those of its ingests, which the view numbers from the oldest on. */
export const sourcesOf = ({ ingests }: Pick<DatasetManifest, 'ingests'>): { source: string; where: string }[] => {
  const ordered = [...ingests].sort((a, b) => (`${a.committedAt} ${a.ingestId}` < `${b.committedAt} ${b.ingestId}` ? -1 : 1));
  const sources = [...new Set(ordered.map(({ source }) => source))].sort();
  return sources.map((source) => ({ source, where: `ingest_order IN (${ordered.flatMap((ingest, order) => (ingest.source === source ? [order] : [])).join(', ')})` }));
};
