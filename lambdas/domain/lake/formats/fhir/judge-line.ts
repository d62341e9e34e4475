import type { Finding } from '../../reading.ts';
import { ENTRY, type EntryNote, deletionsOf } from './bundle-entries.ts';
import { type Json, checkResource, isEnteredInError, isObject } from './check-resource.ts';
import { isOf } from './primitives.ts';

/** What a closer look at a line finds: it takes records away, or speaks against itself, or is sound after all. */
export type Judgement = { deleted: string[] } | { findings: Finding[] };

const MALFORMED: Judgement = { findings: [{ field: null, reason: 'malformed-row' }] };

/** `text` is null where the line is too long or not UTF-8. */
export const judgeLine = (text: string | null): Judgement => {
  const resource = text === null ? null : parsed(text);
  if (!resource) return MALFORMED;
  const { deleted, unreadable } = (resource[ENTRY] ?? {}) as EntryNote;
  if (unreadable) return MALFORMED;
  if (deleted !== undefined) return { deleted: [deleted] };
  if (resource['resourceType'] === 'Bundle') {
    const records = deletionsOf(resource);
    return records ? { deleted: records } : { findings: [{ field: 'resourceType', reason: 'unknown-code' }] };
  }
  const { resourceType: type, id } = resource;
  if (isOf('id', id) && typeof type === 'string' && isEnteredInError(resource)) return { deleted: [`${type}/${id}`] };
  return { findings: checkResource(resource) };
};

const parsed = (text: string): Json | null => {
  try {
    const value: unknown = JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
};
