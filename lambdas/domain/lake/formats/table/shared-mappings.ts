import * as z from 'zod';
import sdtm from '../../../../../config/sources/sdtm.json' with { type: 'json' };
import { TableMapping } from './mapping.ts';

/** Mappings that several sources share, by name. */
const SHARED: Readonly<Record<string, unknown>> = { sdtm: sdtm.mapping };

const parsed = new Map<string, TableMapping>();

/** A mapping as a source map says it: its own, or the name of a shared one. */
export const Mapping = z.unknown().transform((said, context): TableMapping => {
  const name = typeof said === 'string' ? said : null;
  if (name !== null && !Object.hasOwn(SHARED, name)) {
    context.addIssue({ code: 'custom', message: `must be a mapping, or the name of a shared one: ${Object.keys(SHARED).join(', ')}` });
    return z.NEVER;
  }
  const before = name === null ? undefined : parsed.get(name);
  if (before) return before;
  const result = TableMapping.safeParse(name === null ? said : SHARED[name]);
  if (!result.success) {
    for (const { path, message } of result.error.issues) context.addIssue({ code: 'custom', path: [...path], message });
    return z.NEVER;
  }
  if (name !== null) parsed.set(name, result.data);
  return result.data;
});
