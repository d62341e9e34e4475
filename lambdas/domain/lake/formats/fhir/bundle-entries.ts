import type { RefusalReason } from '../../../../../config/catalog/quarantine-reasons.ts';
import { type Json, isObject } from './check-resource.ts';

/** What the bundle says of an entry travels on the entry's line under this name, which no resource has. */
export const ENTRY = '#entry';
/** `deleted`: the record that the entry takes away; `unreadable`: the entry holds no resource. */
export type EntryNote = { fullUrl?: string; deleted?: string; unreadable?: true };

export type Refused = { reason: RefusalReason; detail: string };

/** Why a whole document holds nothing to read, or null. */
export const refusalOfDocument = (resourceType: unknown): Refused | null => {
  if (typeof resourceType !== 'string') return { reason: 'not-this-format', detail: 'the document is no FHIR resource: it has no resourceType' };
  if (resourceType === 'OperationOutcome') return { reason: 'error-report', detail: 'the file is an OperationOutcome: a server’s report in place of data' };
  return null;
};

/** The record that a request's url names: `Type/id`, also absolute or versioned. */
const recordOf = (url: unknown): string | null =>
  typeof url === 'string' ? (/(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/.exec(url)?.[1] ?? null) : null;

/** The id that a `urn:uuid:` gives to a resource that has none of its own. */
const idOfUrl = (fullUrl: unknown): string | null => (typeof fullUrl === 'string' ? (/^urn:uuid:([A-Za-z0-9.-]{1,64})$/.exec(fullUrl)?.[1] ?? null) : null);

/** The records that a bundle takes away, where it does nothing else: what a server lists as `deleted`. */
export const deletionsOf = (bundle: Json): string[] | null => {
  const entries = Array.isArray(bundle['entry']) ? (bundle['entry'] as unknown[]) : [];
  const records = entries.map((entry) => {
    const request = isObject(entry) ? entry['request'] : null;
    return isObject(request) && request['method'] === 'DELETE' ? recordOf(request['url']) : null;
  });
  return records.length > 0 && records.every((record) => record !== null) ? (records as string[]) : null;
};

/** An entry as one line: its resource and what the bundle says of it. */
export const lineOfEntry = (entry: unknown): string => {
  try {
    return written(entry);
  } catch {
    // nested deeper than can be written
    return JSON.stringify({ [ENTRY]: { unreadable: true } satisfies EntryNote });
  }
};

const written = (entry: unknown): string => {
  const unreadable = (): string => JSON.stringify({ [ENTRY]: { unreadable: true } satisfies EntryNote, entry });
  if (!isObject(entry)) return unreadable();
  const { resource, fullUrl, request } = entry;
  const { method, url } = isObject(request) ? request : {};
  if (method === 'DELETE') {
    const deleted = recordOf(url);
    return deleted === null ? unreadable() : JSON.stringify({ [ENTRY]: { deleted } satisfies EntryNote });
  }
  if (!isObject(resource)) return unreadable();
  const { [ENTRY]: _, ...members } = resource;
  const note: EntryNote = typeof fullUrl === 'string' ? { fullUrl } : {};
  const id = members['id'] ?? idOfUrl(fullUrl);
  return JSON.stringify({ [ENTRY]: note, ...members, ...(id === null || id === undefined ? {} : { id }) });
};
