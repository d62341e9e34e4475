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

/** What columns there are; `list` are a run's datasets and models. */
type Kind = 'head' | 'param' | 'tag' | 'value' | 'timestamp' | 'step' | 'list';
/** A packed block, inflated, is a line of JSON that says where each column's own JSON lies behind it, bytes. */
type Directory = { size: number; columns: [kind: Kind, key: string, from: number, to: number][] };

/** Columns of a block at most: more are made for runs that share few keys, and such a block is cut. */
const MOST_COLUMNS = 4000;
/** A packed block, bytes: DynamoDB's items hold 400 KB. */
const MOST_BYTES = 350_000;
/** Inflated in one piece where a block packs as blocks do: pieces would be copied together. */
const USUAL_RATIO = 8;
const LEAST_CHUNK = 65_536;
/** A whole run is made of all columns of its block: larger blocks make the answer slower, smaller ones their list longer. */
export const BLOCK_RUNS = 500;

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
  const columns: [Kind, Columns<unknown>][] = [
    ['head', columnsOf(runs.map(headOf))],
    ['param', columnsOf(runs.map(({ params }) => params))],
    ['tag', columnsOf(runs.map(({ tags }) => tags))],
    ['value', perMetric(runs, ({ value }): Spelt => (Number.isFinite(value) ? value : String(value)))],
    ['timestamp', perMetric(runs, ({ timestamp }) => timestamp)],
    ['step', perMetric(runs, ({ step }) => step)],
    ['list', (['datasets', 'modelInputs', 'modelOutputs'] as const).map((key) => [key, listColumn<unknown>(runs.map((run) => run[key]))])],
  ];
  if (runs.length > 1 && columns.reduce((sum, [, some]) => sum + some.length, 0) > MOST_COLUMNS) return halves();
  const body = deflateRawSync(written(runs.length, columns));
  return runs.length > 1 && body.length > MOST_BYTES ? halves() : [{ runs: runs.length, body }];
};

const written = (size: number, kinds: readonly [Kind, Columns<unknown>][]): Buffer => {
  const directory: Directory = { size, columns: [] };
  const parts: Buffer[] = [];
  let end = 0;
  for (const [kind, columns] of kinds) {
    for (const [key, column] of columns) {
      const part = Buffer.from(JSON.stringify(column));
      parts.push(part);
      directory.columns.push([kind, key, end, end + part.length]);
      end += part.length;
    }
  }
  return Buffer.concat([Buffer.from(`${JSON.stringify(directory)}\n`), ...parts]);
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

/** A column's JSON is read when its first value is. */
const late = <T>(text: Buffer, of: (column: Column<never>) => Column<T>): Read<T> => {
  let read: Read<T> | undefined;
  return (at) => {
    read ??= reading(of(JSON.parse(text.toString('utf8')) as Column<never>));
    return read(at);
  };
};
const asItIs = <T>(column: Column<T>): Column<T> => column;
const asNumbers = ({ at, values }: Column<Spelt>): Column<number> => ({ ...(at ? { at } : {}), values: values.map(Number) });

export const unpackBlock = (body: Uint8Array): RunBlock => {
  const text = inflateRawSync(body, { chunkSize: Math.max(LEAST_CHUNK, body.length * USUAL_RATIO) });
  const begin = text.indexOf('\n') + 1;
  const { size, columns } = JSON.parse(text.toString('utf8', 0, begin)) as Directory;
  const readings = <T>(kind: Kind, of: (column: Column<never>) => Column<T> = asItIs): Map<string, Read<T>> =>
    new Map(columns.filter(([one]) => one === kind).map(([, key, from, to]) => [key, late(text.subarray(begin + from, begin + to), of)]));
  const head = readings<unknown>('head');
  const [params, tags] = [readings<string>('param'), readings<string>('tag')];
  const [values, timestamps, steps] = [readings<number>('value', asNumbers), readings<number>('timestamp'), readings<number>('step')];
  const lists = readings<never>('list');
  const list = (key: keyof TrackedRun & ('datasets' | 'modelInputs' | 'modelOutputs')) => (at: number) => lists.get(key)!(at) ?? [];
  const metricsAt = (at: number): TrackedRun['metrics'] =>
    Object.fromEntries(Object.entries(record(values, at)).map(([key, value]) => [key, { key, value, timestamp: timestamps.get(key)!(at)!, step: steps.get(key)!(at)! }]));
  return {
    size,
    bytes: text.length,
    head,
    params,
    tags,
    values,
    datasets: list('datasets'),
    run: (at) => ({
      ...(record(head, at) as RunHead),
      params: record(params, at),
      tags: record(tags, at),
      metrics: metricsAt(at),
      datasets: list('datasets')(at),
      modelInputs: list('modelInputs')(at),
      modelOutputs: list('modelOutputs')(at),
    }),
  };
};
