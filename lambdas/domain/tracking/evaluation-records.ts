import { type EvaluationDataset, type EvaluationRecord, type JsonObject, RECORD_SOURCES, type RecordSource } from '../../contracts/evaluation-dataset.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import { sha256 } from '../canonical-json.ts';
import { isJsonObject, parseExactly, sortedJson } from '../exact-json.ts';
import { invalid } from '../mlflow/refusals.ts';
import { USER, checkSize, digestAt } from './evaluation-datasets.ts';
import { withKindsOf } from './evaluation-schema.ts';

/** Records of one request at most: what the function writes in half of its time. */
export const MOST_RECORDS = 5000;

/** A record as a request gives it; an absent member leaves that of the standing record as it is. */
export type GivenRecord = {
  recordId: string;
  inputs: JsonObject;
  outputs?: unknown;
  expectations?: JsonObject;
  tags?: JsonObject;
  source?: RecordSource;
};

/** Records come as JSON in a text. */
export const readRecords = (datasetId: string, text: string): Outcome<GivenRecord[]> => {
  let given: unknown;
  try {
    given = parseExactly(text);
  } catch {
    return invalid("Invalid value for parameter 'records' supplied: it is not JSON (which has no NaN and no infinities)");
  }
  if (!Array.isArray(given)) return invalid("Invalid value for parameter 'records' supplied: it must be a JSON list of records");
  if (given.length > MOST_RECORDS) return invalid(`A request may hold up to ${MOST_RECORDS} records, got ${given.length}`);
  const records: GivenRecord[] = [];
  for (const [index, item] of given.entries()) {
    const record = readRecord(datasetId, item, `records[${index}]`);
    if (!record.ok) return record;
    records.push(record.value);
  }
  return done(records);
};

const readRecord = (datasetId: string, given: unknown, at: string): Outcome<GivenRecord> => {
  if (!isJsonObject(given)) return invalid(`'${at}' must be an object`);
  const { inputs = {}, expectations, tags, source } = given;
  if (!isJsonObject(inputs)) return invalid(`'${at}.inputs' must be an object`);
  if (!isOptionalObject(expectations)) return invalid(`'${at}.expectations' must be an object`);
  if (!isOptionalObject(tags)) return invalid(`'${at}.tags' must be an object`);
  const from = readSource(source, `${at}.source`);
  if (!from.ok) return from;
  return done({
    recordId: `dr-${sha256(`${datasetId}\n${sortedJson(inputs)}`).slice(0, 32)}`,
    inputs,
    ...(Object.hasOwn(given, 'outputs') ? { outputs: given['outputs'] } : {}),
    ...(expectations ? { expectations } : {}),
    ...(tags ? { tags } : {}),
    ...(from.value ? { source: from.value } : {}),
  });
};
const isOptionalObject = (value: unknown): value is JsonObject | null | undefined => value === undefined || value === null || isJsonObject(value);

const readSource = (given: unknown, at: string): Outcome<RecordSource | undefined> => {
  if (given === undefined || given === null) return done(undefined);
  if (!isJsonObject(given)) return invalid(`'${at}' must be an object`);
  const { source_type, source_data } = given;
  const type = RECORD_SOURCES.find((name) => typeof source_type === 'string' && name === source_type.toUpperCase());
  if (!type) return invalid(`Invalid dataset record source type in '${at}'. Valid source types: ${RECORD_SOURCES.join(', ')}`);
  if (!isOptionalObject(source_data)) return invalid(`'${at}.source_data' must be an object`);
  return done({ source_type: type, source_data: source_data ?? {} });
};

/** The user whom the last of the records that names one names. */
export const userOf = (records: readonly GivenRecord[]): string | undefined => {
  const named = records.findLast(({ tags }) => tags && typeof tags[USER] === 'string');
  return named?.tags?.[USER] as string | undefined;
};

const made = ({ recordId, inputs, outputs = {}, expectations, tags, source }: GivenRecord, user: string | undefined, now: number): EvaluationRecord => ({
  recordId,
  createdAt: now,
  updatedAt: now,
  ...(user ? { createdBy: user, updatedBy: user } : {}),
  inputs,
  outputs,
  expectations: expectations ?? null,
  tags: tags ?? {},
  ...(source ? { source } : {}),
});

/** Outputs are replaced, expectations and tags are merged; source and maker stay. */
const merged = (record: EvaluationRecord, given: GivenRecord, user: string | undefined, now: number): EvaluationRecord => ({
  ...record,
  updatedAt: now,
  ...(user ? { updatedBy: user } : {}),
  ...(Object.hasOwn(given, 'outputs') ? { outputs: given.outputs } : {}),
  expectations: given.expectations && Object.keys(given.expectations).length > 0 ? { ...record.expectations, ...given.expectations } : record.expectations,
  tags: { ...record.tags, ...given.tags },
});

/** One record's change: what it is afterwards, as JSON too, and all that the request gives for it. */
export type Change = { record: EvaluationRecord; text: string; isNew: boolean; given: readonly GivenRecord[] };

/** What the given records make of the standing ones; the same inputs twice in a request are one record. */
export const changesBy = (given: readonly GivenRecord[], standing: ReadonlyMap<string, EvaluationRecord>, now: number): Outcome<Change[]> => {
  const changes: Change[] = [];
  for (const [recordId, group] of Map.groupBy(given, (record) => record.recordId)) {
    const known = standing.get(recordId);
    const record = group.reduce<EvaluationRecord | undefined>((before, next) => {
      const user = userOf([next]);
      return before ? merged(before, next, user, now) : made(next, user, now);
    }, known)!;
    const text = recordText(record);
    const valid = checkSize(`the record ${recordId}`, text);
    if (!valid.ok) return valid;
    changes.push({ record, text, isNew: !known, given: group });
  }
  return done(changes);
};

export const recordText = (record: EvaluationRecord): string => JSON.stringify(record);
export const recordOf = (text: string): EvaluationRecord => parseExactly(text) as EvaluationRecord;

/** The dataset after some of the changes. `user`: whom the whole request names. */
export const datasetAfter = (dataset: EvaluationDataset, changes: readonly Change[], user: string | undefined, now: number): EvaluationDataset => {
  const { updatedBy: _, ...before } = dataset;
  const schema = withKindsOf(
    dataset.schema,
    changes.flatMap(({ given }) => given),
  );
  return {
    ...before,
    digest: digestAt(dataset.name, now),
    updatedAt: now,
    ...(user ? { updatedBy: user } : {}),
    ...(schema ? { schema } : {}),
    records: dataset.records + changes.filter(({ isNew }) => isNew).length,
    revision: dataset.revision + 1,
  };
};

/** The last record of a page. */
export type Cursor = Pick<EvaluationRecord, 'createdAt' | 'recordId'>;

export const cursorToken = ({ createdAt, recordId }: Cursor): string => Buffer.from(`${createdAt}:${recordId}`).toString('base64');
export const cursorOf = (token: string | undefined): Outcome<Cursor | undefined> => {
  if (!token) return done(undefined);
  const [, createdAt, recordId] = /^(\d{1,15}):(dr-[0-9a-f]{32})$/.exec(Buffer.from(token, 'base64').toString('utf8')) ?? [];
  return recordId ? done({ createdAt: Number(createdAt), recordId }) : invalid('Invalid page token: it must be one that the page before ended with');
};
