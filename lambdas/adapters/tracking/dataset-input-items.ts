import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { DatasetInput } from '../../contracts/tracking.ts';
import { digestOf } from '../../domain/canonical-json.ts';
import { datasetAt, datasetPartAt, datasetPartKey } from './addresses.ts';

/** A dataset whose JSON is longer than an item may be (400 KB) lies packed in parts beside its item, bytes. */
const WHOLE = 200_000;
const PART = 350_000;

type Parted = { parts: { of: string; count: number } };
type Whole = { document: DatasetInput['dataset'] };
export type DatasetItem = { tags: DatasetInput['tags'] } & (Whole | Parted);

/** A dataset input's item, and the parts that are written before it, named by their content. */
export const datasetItems = (project: string, runId: string, { dataset, tags }: DatasetInput) => {
  const address = datasetAt(project, runId, dataset.name, dataset.digest);
  const text = Buffer.from(JSON.stringify(dataset));
  if (text.length <= WHOLE) return { item: { ...address, document: dataset, tags }, parts: [] };
  const packed = deflateRawSync(text);
  const of = digestOf(dataset).slice(0, 32);
  const bodies = Array.from({ length: Math.ceil(packed.length / PART) }, (_, index) => packed.subarray(index * PART, (index + 1) * PART));
  const parts = bodies.map((body, index) => ({ ...datasetPartAt(project, runId, of, index), body }));
  return { item: { ...address, parts: { of, count: bodies.length }, tags }, parts };
};

/** `parts`: the bodies of the run's parts by what follows `DATASET-PART#` in their keys. */
export const datasetInputOf = (item: DatasetItem, parts: ReadonlyMap<string, Uint8Array>): DatasetInput => {
  if ('document' in item) return { dataset: item.document, tags: item.tags };
  const { of, count } = item.parts;
  const bodies = Array.from({ length: count }, (_, index) => parts.get(datasetPartKey(of, index))!);
  return { dataset: JSON.parse(inflateRawSync(Buffer.concat(bodies)).toString('utf8')) as DatasetInput['dataset'], tags: item.tags };
};
