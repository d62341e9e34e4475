import { hash } from 'node:crypto';
import type { RefusalReason } from '../../../../../config/catalog/quarantine-reasons.ts';
import type { SetFile } from '../../reading.ts';
import { SplitError, splitArray } from '../../split-array.ts';
import { limitedLines } from './limited-lines.ts';
import type { Json } from './elements.ts';

/** One resource on its way: where it stands, what the bundle says of it, or why it cannot be read. */
export type Entry = { where: string; text: () => string } & (
  | { resource: Json; fullUrl: string | null; method: string | null; url: string | null; version?: HistoryVersion }
  | { unreadable: true }
);
/** What a history tells a version by: the bundle that it stands in (`''`: the file's own), and the server's answer to the request that made it. */
export type HistoryVersion = { bundle: string; response: Json };
export type FileProblem = { refused: RefusalReason; detail: string };

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Bundles within one another, such as a batch's searches in a batch's answer. */
const MOST_BUNDLES = 10;
/** Characters of an entry, as of a line of NDJSON. */
const LONGEST_ENTRY = 16 * 1024 * 1024;

const envelopes = new WeakMap<SetFile, unknown>();

/** A document without its entries, which may be many; looked for once, however often they are read. */
const envelopeOf = async (file: SetFile): Promise<unknown> => {
  if (envelopes.has(file)) return envelopes.get(file);
  for await (const part of splitArray(file.open(), 'entry', LONGEST_ENTRY)) if ('envelope' in part) envelopes.set(file, part.envelope);
  return envelopes.get(file);
};

const notABundle = (envelope: unknown): FileProblem | null => {
  const refuse = (detail: string): FileProblem => ({ refused: 'not-this-format', detail });
  if (!isObject(envelope) || typeof envelope['resourceType'] !== 'string') return refuse('the document is no FHIR resource: it has no resourceType');
  if (envelope['resourceType'] === 'OperationOutcome') return refuse('the file is an OperationOutcome: the server’s error in place of data');
  if (envelope['resourceType'] !== 'Bundle') return null;
  if (!BUNDLE_TYPES.includes(envelope['type'] as string)) return refuse(`Bundle.type must be one of ${BUNDLE_TYPES.join(', ')}`);
  return Array.isArray(envelope['entry'] ?? []) ? null : refuse('Bundle.entry is no list');
};

/** https://www.hl7.org/fhir/R4/valueset-bundle-type.html */
const BUNDLE_TYPES: readonly string[] = ['document', 'message', 'transaction', 'transaction-response', 'batch', 'batch-response', 'history', 'searchset', 'collection'];

/** The entries of a bundle one by one, or a single resource that stands alone. Memory does not grow with the bundle. */
export async function* bundleEntries(file: SetFile): AsyncGenerator<Entry | FileProblem> {
  try {
    const envelope = await envelopeOf(file);
    const problem = notABundle(envelope);
    if (problem) yield problem;
    else if ((envelope as Json)['resourceType'] !== 'Bundle')
      yield { where: 'entry 1', resource: envelope as Json, fullUrl: null, method: null, url: null, text: () => JSON.stringify(envelope) };
    else yield* entriesOf(file, historyOf(envelope as Json, ''));
  } catch (error) {
    if (!(error instanceof SplitError)) throw error;
    yield (await anotherFormat(file)) ?? { refused: error.refused, detail: error.message };
  }
}

/** What a file that is no document of JSON may be instead, by its beginning. */
const anotherFormat = async (file: SetFile): Promise<FileProblem | null> => {
  for await (const chunk of file.open()) {
    const text = new TextDecoder().decode(chunk).trimStart();
    if (text.startsWith('<')) return { refused: 'not-this-format', detail: 'the file is XML: allowed is FHIR’s JSON' };
    const [line, ...others] = text.split(/\r?\n/);
    return others.length > 0 && parsed(line!) ? { refused: 'not-this-format', detail: 'the file has a resource a line: it is read by source fhir-ndjson' } : null;
  }
  return null;
};

/** The place of a bundle that is a history; null: it is another. */
const historyOf = (bundle: Json, where: string): string | null => (bundle['type'] === 'history' ? where : null);

async function* entriesOf(file: SetFile, history: string | null): AsyncGenerator<Entry | FileProblem> {
  let [count, told] = [0, 0];
  for await (const part of splitArray(file.open(), 'entry', LONGEST_ENTRY)) {
    if (!('elements' in part)) continue;
    for (const text of part.elements) {
      count += 1;
      for (const entry of entriesIn(parsedEntry(text, count), `entry ${count}`, () => text, history, 1)) {
        told += 1;
        yield entry;
      }
    }
  }
  if (count > 0 && told === 0) yield { refused: 'not-this-format', detail: 'no entry of the bundle has a resource: it holds requests or a server’s responses alone' };
}

const parsedEntry = (text: string, place: number): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new SplitError('malformed', `entry ${place} is no JSON`);
  }
};

/** What a bundle's entry holds: a resource, a deletion, or the entries of a bundle within, such as a search's in a batch. A request to read, and an answer without a resource, hold nothing. */
function* entriesIn(entry: unknown, where: string, text: () => string, history: string | null, depth: number): Generator<Entry> {
  if (!isObject(entry)) return yield { where, text, unreadable: true };
  const request = isObject(entry['request']) ? entry['request'] : {};
  const method = typeof request['method'] === 'string' ? request['method'] : null;
  const url = typeof request['url'] === 'string' ? request['url'] : null;
  const { resource, fullUrl } = entry;
  const version = history === null ? {} : { version: { bundle: history, response: isObject(entry['response']) ? entry['response'] : {} } };
  if (isObject(resource)) {
    if (isObject(entry['search']) && entry['search']['mode'] === 'outcome' && !tellsOfError(resource)) return;
    if (resource['resourceType'] === 'Bundle') return yield* entriesWithin(resource, where, depth + 1);
    const name = typeof fullUrl === 'string' ? fullUrl : nameOf(resource, method, url);
    yield { where, text, resource, fullUrl: name, method, url, ...version };
  } else if (method === 'DELETE') yield { where, text, resource: {}, fullUrl: null, method, url, ...version };
  else if (resource !== undefined || !(method === 'GET' || method === 'HEAD' || isObject(entry['response']))) yield { where, text, unreadable: true };
}

function* entriesWithin(bundle: Json, where: string, depth: number): Generator<Entry> {
  if (depth > MOST_BUNDLES) throw new SplitError('too-large', `bundles must nest at most ${MOST_BUNDLES} levels`);
  const entries = Array.isArray(bundle['entry']) ? (bundle['entry'] as unknown[]) : [];
  for (const [index, entry] of entries.entries()) yield* entriesIn(entry, `${where}, entry ${index + 1}`, () => JSON.stringify(entry), historyOf(bundle, where), depth);
}

/** What is to be created needs no name in its bundle: its content names it, each time the same. What is to be updated by a search is named by that. */
const nameOf = (resource: Json, method: string | null, url: string | null): string | null =>
  method === 'POST' ? `content:${hash('sha256', JSON.stringify(resource), 'hex')}` : method === 'PUT' && url?.includes('?') ? url : null;

/** A search tells what it did not understand, too. */
const tellsOfError = ({ issue }: Json): boolean =>
  !Array.isArray(issue) || (issue as unknown[]).some((one) => !isObject(one) || (one['severity'] !== 'information' && one['severity'] !== 'warning'));

/** What one line of NDJSON holds; null for a blank one. */
export const lineEntry = (text: string | null, line: number): Entry | null => {
  if (text !== null && text.trim() === '') return null;
  const where = `line ${line}`;
  const resource = text === null ? null : parsed(text);
  return resource ? { where, resource, fullUrl: null, method: null, url: null, text: () => text! } : { where, unreadable: true, text: () => text ?? '' };
};

/** How many lines of a file hold something, a resource, and a server's error. */
export type LineCounts = { lines: number; readable: number; outcomes: number; bundles?: number };

/** Why a file is no Bulk Data, if it is none. */
export const notLines = ({ lines, readable, outcomes, bundles }: LineCounts): FileProblem | null => {
  if (lines === 0) return { refused: 'empty', detail: 'the file has no line with a resource' };
  if (outcomes > 0 && outcomes === lines) return { refused: 'not-this-format', detail: 'the file holds OperationOutcomes only: the server’s errors in place of data' };
  if (bundles === lines) return { refused: 'not-this-format', detail: 'the file holds bundles only: they are read by source fhir, a bundle a file' };
  return readable === 0
    ? { refused: 'not-this-format', detail: 'no line of the file is a FHIR resource: allowed is one a line (NDJSON), in JSON and UTF-8; a document is read by source fhir' }
    : null;
};

/** One resource a line; a line that cannot be read does not end the file. `wanted` tells by the text which lines are worth parsing. */
export async function* lineEntries(file: SetFile, wanted?: (text: string) => boolean): AsyncGenerator<Entry | FileProblem> {
  const counts: LineCounts = { lines: 0, readable: 0, outcomes: 0 };
  let line = 0;
  for await (const text of limitedLines(file.open())) {
    line += 1;
    if (text !== null && wanted && text.trim() !== '' && !wanted(text)) continue;
    const entry = lineEntry(text, line);
    if (!entry) continue;
    count(counts, entry);
    yield entry;
  }
  const problem = wanted ? null : notLines(counts);
  if (problem) yield problem;
}

export const count = (counts: LineCounts, entry: Entry): void => {
  counts.lines += 1;
  if (!('resource' in entry)) return;
  counts.readable += 1;
  if (entry.resource['resourceType'] === 'OperationOutcome') counts.outcomes += 1;
  if (isBundleOfResources(entry.resource)) counts.bundles = (counts.bundles ?? 0) + 1;
};

/** Not of deletions, as Bulk Data has them a line each. */
const isBundleOfResources = ({ resourceType, entry }: Json): boolean =>
  resourceType === 'Bundle' && Array.isArray(entry) && (entry as unknown[]).some((one) => isObject(one) && isObject(one['resource']));

const parsed = (text: string): Json | null => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && typeof value['resourceType'] === 'string' ? value : null;
  } catch {
    return null;
  }
};
