import type { RefusalReason } from '../../../../../config/catalog/quarantine-reasons.ts';
import type { SetFile } from '../../reading.ts';
import { limitedLines } from './limited-lines.ts';
import type { Json } from './elements.ts';

/** One resource on its way: where it stands, what the bundle says of it, or why it cannot be read. */
export type Entry = { where: string; text: () => string } & ({ resource: Json; fullUrl: string | null; method: string | null; url: string | null } | { unreadable: true });
export type FileProblem = { refused: RefusalReason; detail: string };

/** A bundle is held in memory whole; what is larger comes as NDJSON. */
export const LARGEST_BUNDLE_BYTES = 64 * 1024 * 1024;

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The entries of a bundle, or a single resource that stands alone. */
export async function* bundleEntries(file: SetFile): AsyncGenerator<Entry | FileProblem> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of file.open()) {
    bytes += chunk.length;
    if (bytes > LARGEST_BUNDLE_BYTES) {
      yield { refused: 'too-large', detail: `a bundle has at most ${LARGEST_BUNDLE_BYTES / 1024 / 1024} MiB; send larger ones as NDJSON` };
      return;
    }
    chunks.push(chunk);
  }
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(Buffer.concat(chunks)));
  } catch {
    yield { refused: 'malformed', detail: 'the file is not one whole JSON document in UTF-8' };
    return;
  }
  if (!isObject(content) || typeof content['resourceType'] !== 'string') {
    yield { refused: 'not-this-format', detail: 'the document is no FHIR resource: it has no resourceType' };
    return;
  }
  if (content['resourceType'] === 'OperationOutcome') {
    yield { refused: 'not-this-format', detail: 'the file is an OperationOutcome: the server’s error in place of data' };
    return;
  }
  if (content['resourceType'] !== 'Bundle') {
    yield { where: 'entry 1', resource: content, fullUrl: null, method: null, url: null, text: () => JSON.stringify(content) };
    return;
  }
  const entries = content['entry'] ?? [];
  if (!Array.isArray(entries)) {
    yield { refused: 'not-this-format', detail: 'Bundle.entry is no list' };
    return;
  }
  for (const [index, entry] of (entries as unknown[]).entries()) {
    const where = `entry ${index + 1}`;
    const text = () => JSON.stringify(entry);
    if (!isObject(entry)) yield { where, text, unreadable: true };
    else {
      const request = isObject(entry['request']) ? entry['request'] : {};
      const method = typeof request['method'] === 'string' ? request['method'] : null;
      const url = typeof request['url'] === 'string' ? request['url'] : null;
      const { resource, fullUrl } = entry;
      if (isObject(resource)) yield { where, text, resource, fullUrl: typeof fullUrl === 'string' ? fullUrl : null, method, url };
      else if (method === 'DELETE') yield { where, text, resource: {}, fullUrl: null, method, url };
      else yield { where, text, unreadable: true };
    }
  }
}

/** One resource a line; a line that cannot be read does not end the file. `wanted` tells by the text which lines are worth parsing. */
export async function* lineEntries(file: SetFile, wanted: (text: string) => boolean = () => true): AsyncGenerator<Entry | FileProblem> {
  let line = 0;
  let readable = 0;
  let outcomes = 0;
  let lines = 0;
  for await (const text of limitedLines(file.open())) {
    line += 1;
    if (text !== null && text.trim() === '') continue;
    lines += 1;
    if (text !== null && !wanted(text)) continue;
    const where = `line ${line}`;
    const resource = text === null ? null : parsed(text);
    if (resource) {
      readable += 1;
      if (resource['resourceType'] === 'OperationOutcome') outcomes += 1;
      yield { where, resource, fullUrl: null, method: null, url: null, text: () => text! };
    } else yield { where, unreadable: true, text: () => text ?? '' };
  }
  if (lines === 0) yield { refused: 'empty', detail: 'the file has no line with a resource' };
  else if (outcomes > 0 && outcomes === lines) yield { refused: 'not-this-format', detail: 'the file holds OperationOutcomes only: the server’s errors in place of data' };
  else if (readable === 0 && lines > 0 && wanted('')) yield { refused: 'not-this-format', detail: 'no line of the file is a FHIR resource' };
}

const parsed = (text: string): Json | null => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && typeof value['resourceType'] === 'string' ? value : null;
  } catch {
    return null;
  }
};
