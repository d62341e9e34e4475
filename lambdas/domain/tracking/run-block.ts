import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { DatasetInput, RunHead, TrackedRun } from '../../contracts/tracking.ts';

/**
 * Many runs in columns: a search reads the columns that it names and makes whole runs of its answer only. A column has a value for each
 * run, or, where few have one, the places `at` which they stand.
 */
type Column<T> = { at?: number[]; values: T[] };
type Columns<T> = [key: string, Column<T>][];
/** JSON has neither NaN nor infinities: these are text. */
type Spelt = number | string;
type Spelling = {
  size: number;
  head: Columns<unknown>;
  params: Columns<string>;
  tags: Columns<string>;
  values: Columns<Spelt>;
  timestamps: Columns<number>;
  steps: Columns<number>;
  datasets: Column<DatasetInput[]>;
  modelInputs: Column<string[]>;
  modelOutputs: Column<TrackedRun['modelOutputs']>;
};

/** Columns of a block at most: more are made for runs that share few keys, and such a block is cut. */
const MOST_COLUMNS = 4000;
/** A packed block, bytes: DynamoDB's items hold 400 KB. */
const MOST_BYTES = 350_000;
export const BLOCK_RUNS = 2000;

const columnsOf = <T>(records: readonly Readonly<Record<string, T | undefined>>[]): Columns<T> => {
  const columns = new Map<string, { at: number[]; values: T[] }>();
  for (const [index, record] of records.entries()) {
    for (const [key, value] of Object.entries(record)) {
      if (value === undefined) continue;
      const column = columns.get(key) ?? { at: [], values: [] };
      columns.set(key, column);
      column.at.push(index);
      column.values.push(value);
    }
  }
  return [...columns].map(([key, { at, values }]) => [key, at.length === records.length ? { values } : { at, values }]);
};
const listColumn = <T>(lists: readonly T[][]): Column<T[]> => {
  const at = lists.flatMap((list, index) => (list.length > 0 ? [index] : []));
  return { at, values: at.map((index) => lists[index]!) };
};

const headOf = ({ params: _p, tags: _t, metrics: _m, datasets: _d, modelInputs: _i, modelOutputs: _o, ...head }: TrackedRun): RunHead => head;
const perMetric = <T>(runs: readonly TrackedRun[], read: (metric: TrackedRun['metrics'][string]) => T): Columns<T> =>
  columnsOf(runs.map(({ metrics }) => Object.fromEntries(Object.entries(metrics).map(([key, metric]) => [key, read(metric)]))));

/** Packs runs into as few blocks as their limits allow. A run that alone exceeds them is a block of its own. */
export const packBlocks = (runs: readonly TrackedRun[], most = BLOCK_RUNS): { runs: number; body: Uint8Array }[] => {
  if (runs.length === 0) return [];
  const halves = () => {
    const middle = runs.length >> 1;
    return [...packBlocks(runs.slice(0, middle), most), ...packBlocks(runs.slice(middle), most)];
  };
  if (runs.length > most) return halves();
  const block: Spelling = {
    size: runs.length,
    head: columnsOf(runs.map(headOf)),
    params: columnsOf(runs.map(({ params }) => params)),
    tags: columnsOf(runs.map(({ tags }) => tags)),
    values: perMetric(runs, ({ value }) => (Number.isFinite(value) ? value : String(value))),
    timestamps: perMetric(runs, ({ timestamp }) => timestamp),
    steps: perMetric(runs, ({ step }) => step),
    datasets: listColumn(runs.map(({ datasets }) => datasets)),
    modelInputs: listColumn(runs.map(({ modelInputs }) => modelInputs)),
    modelOutputs: listColumn(runs.map(({ modelOutputs }) => modelOutputs)),
  };
  if (runs.length > 1 && block.params.length + block.tags.length + block.values.length > MOST_COLUMNS) return halves();
  const body = deflateRawSync(JSON.stringify(block));
  return runs.length > 1 && body.length > MOST_BYTES ? halves() : [{ runs: runs.length, body }];
};

type Read<T> = (at: number) => T | undefined;
const reading = <T>({ at, values }: Column<T>): Read<T> => {
  if (!at) return (index) => values[index];
  return (index) => {
    let [low, high] = [0, at.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at[middle]! < index) low = middle + 1;
      else high = middle;
    }
    return at[low] === index ? values[low] : undefined;
  };
};
const readings = <T>(columns: Columns<T>): Map<string, Read<T>> => new Map(columns.map(([key, column]) => [key, reading(column)]));

export type RunBlock = {
  size: number;
  /** unpacked, bytes */
  bytes: number;
  head: ReadonlyMap<string, Read<unknown>>;
  params: ReadonlyMap<string, Read<string>>;
  tags: ReadonlyMap<string, Read<string>>;
  values: ReadonlyMap<string, Read<number>>;
  datasets: (at: number) => DatasetInput[];
  run: (at: number) => TrackedRun;
};

const record = <T>(columns: ReadonlyMap<string, Read<T>>, at: number): Record<string, T> => {
  const entries: [string, T][] = [];
  for (const [key, read] of columns) {
    const value = read(at);
    if (value !== undefined) entries.push([key, value]);
  }
  return Object.fromEntries(entries);
};

export const unpackBlock = (body: Uint8Array): RunBlock => {
  const text = inflateRawSync(body);
  const block = JSON.parse(text.toString('utf8')) as Spelling;
  const head = readings(block.head);
  const params = readings(block.params);
  const tags = readings(block.tags);
  const values = readings(block.values.map(([key, { at, values: spelt }]): Columns<number>[number] => [key, { ...(at ? { at } : {}), values: spelt.map(Number) }]));
  const [timestamps, steps] = [readings(block.timestamps), readings(block.steps)];
  const [datasets, modelInputs, modelOutputs] = [reading(block.datasets), reading(block.modelInputs), reading(block.modelOutputs)];
  const metricsAt = (at: number): TrackedRun['metrics'] =>
    Object.fromEntries(Object.entries(record(values, at)).map(([key, value]) => [key, { key, value, timestamp: timestamps.get(key)!(at)!, step: steps.get(key)!(at)! }]));
  return {
    size: block.size,
    bytes: text.length,
    head,
    params,
    tags,
    values,
    datasets: (at) => datasets(at) ?? [],
    run: (at) => ({
      ...(record(head, at) as RunHead),
      params: record(params, at),
      tags: record(tags, at),
      metrics: metricsAt(at),
      datasets: datasets(at) ?? [],
      modelInputs: modelInputs(at) ?? [],
      modelOutputs: modelOutputs(at) ?? [],
    }),
  };
};
