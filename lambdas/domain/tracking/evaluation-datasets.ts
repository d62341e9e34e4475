import type { EvaluationDataset } from '../../contracts/evaluation-dataset.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import type { Tags } from '../../contracts/tracking.ts';
import { sha256 } from '../canonical-json.ts';
import { isJsonObject, parseExactly } from '../exact-json.ts';
import { absent, invalid } from '../mlflow/refusals.ts';
import { LIMITS, checkLength, every } from './names.ts';
import { newId } from './runs.ts';

/** Who made or changed something, by a tag of it. */
export const USER = 'mlflow.user';

/** An item holds 400 KB at most, its keys and members' names included, bytes. */
const ITEM = 390_000;
export const checkSize = (what: string, content: string): Outcome<null> => {
  const bytes = Buffer.byteLength(content);
  return bytes > ITEM ? invalid(`${what} would hold ${bytes} bytes; it may hold up to ${ITEM}`) : done(null);
};

export const datasetMissing = (datasetId: string): Outcome<never> => absent(`Evaluation dataset with id '${datasetId}' not found`);

/** Changes whenever the records change: 8 hex digits. */
export const digestAt = (name: string, updatedAt: number): string => sha256(`${name}:${updatedAt}`).slice(0, 8);

/** Tags come as JSON in a text. Those of value null are left as they are. */
export const readTags = (text: string | undefined): Outcome<Tags> => {
  if (!text) return done({});
  const tags = objectIn(text);
  if (!tags) return invalid("Invalid value for parameter 'tags' supplied: it must be a JSON object of tags");
  const read = Object.entries(tags)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)] as const);
  for (const [key, value] of read) {
    const valid = every(
      () => (key === '' ? invalid("Invalid value \"\" for parameter 'tags' supplied: a tag's key must not be empty") : done(null)),
      () => checkLength('key', key, LIMITS.evaluationTagKey),
      () => checkLength('value', value, LIMITS.evaluationTagValue),
    );
    if (!valid.ok) return valid;
  }
  return done(Object.fromEntries(read));
};
const objectIn = (text: string): Record<string, unknown> | undefined => {
  try {
    const value = parseExactly(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

export const newEvaluationDataset = (name: string, tagsText: string | undefined): Outcome<EvaluationDataset> => {
  const valid = checkLength('name', name, LIMITS.evaluationDatasetName);
  if (!valid.ok) return valid;
  const tags = readTags(tagsText);
  if (!tags.ok) return tags;
  const size = checkRoom(tags.value, undefined);
  if (!size.ok) return size;
  const now = Date.now();
  const user = Object.hasOwn(tags.value, USER) ? tags.value[USER] : undefined;
  return done({
    datasetId: `d-${newId()}`,
    name,
    digest: digestAt(name, now),
    createdAt: now,
    updatedAt: now,
    ...(user ? { createdBy: user, updatedBy: user } : {}),
    tags: tags.value,
    records: 0,
    revision: 0,
  });
};

/** Whether a dataset's item has room for these. */
export const checkRoom = (tags: Tags, schema: string | undefined): Outcome<null> => checkSize("the dataset's tags and schema", JSON.stringify(tags) + (schema ?? ''));
