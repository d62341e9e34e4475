import { isJsonObject, kindOf } from '../exact-json.ts';

type Kinds = Record<string, string>;
/** `outputs` is one kind where records' outputs are no objects. */
type Schema = { inputs: Kinds; outputs: Kinds | string; expectations: Kinds; version: '1.0' };
type Members = { inputs: Record<string, unknown>; outputs?: unknown; expectations?: Record<string, unknown> };

/** The first kind that a member was seen with stays. */
const addKinds = (known: Map<string, string>, members: Record<string, unknown>): void => {
  for (const [name, value] of Object.entries(members)) if (!known.has(name)) known.set(name, kindOf(value));
};

/** A dataset's schema with what more records show; absent while there are none. */
export const withKindsOf = (text: string | undefined, records: readonly Members[]): string | undefined => {
  if (records.length === 0) return text;
  const schema: Schema = text ? (JSON.parse(text) as Schema) : { inputs: {}, outputs: {}, expectations: {}, version: '1.0' };
  const inputs = new Map(Object.entries(schema.inputs));
  const expectations = new Map(Object.entries(schema.expectations));
  let outputs = typeof schema.outputs === 'string' ? schema.outputs : new Map(Object.entries(schema.outputs));
  for (const record of records) {
    addKinds(inputs, record.inputs);
    addKinds(expectations, record.expectations ?? {});
    if (record.outputs === undefined || record.outputs === null || typeof outputs === 'string') continue;
    if (isJsonObject(record.outputs)) addKinds(outputs, record.outputs);
    else if (outputs.size === 0) outputs = kindOf(record.outputs);
  }
  const kinds: Schema = {
    inputs: Object.fromEntries(inputs),
    outputs: typeof outputs === 'string' ? outputs : Object.fromEntries(outputs),
    expectations: Object.fromEntries(expectations),
    version: schema.version,
  };
  return JSON.stringify(kinds);
};
