/** A number as it was written: JavaScript alone would write 1.0 as 1, and round a long one. */
type RawJson = { readonly rawJSON: string };

declare global {
  /** https://tc39.es/proposal-json-parse-with-source/, in Node since 22 */
  interface JSON {
    rawJSON(text: string): RawJson;
    isRawJSON(value: unknown): value is RawJson;
  }
}

/** Reads JSON such that `JSON.stringify` writes the same numbers again. Throws a SyntaxError. */
export const parseExactly = (text: string): unknown =>
  JSON.parse(text, (_, value: unknown, { source }: { source?: string } = {}) =>
    typeof value === 'number' && source !== undefined && source !== String(value) ? JSON.rawJSON(source) : value,
  );

export const isJsonObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value) && !JSON.isRawJSON(value);

/** JSON whose members stand in the order of their names, at every depth; numbers as they were written. */
export const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) => (isJsonObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member));

/** What JSON (and Python) calls a value: 1 is an integer, 1.0 a float. */
export const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'string') return typeof value;
  if (typeof value === 'number' || JSON.isRawJSON(value)) return /[.eE]/.test(JSON.stringify(value)) ? 'float' : 'integer';
  return Array.isArray(value) ? 'array' : 'object';
};
