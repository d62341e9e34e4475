import { ibmNumber } from './ibm-number.ts';
import type { Variable } from './member-header.ts';
import { sasIso } from './sas-date.ts';

/** A file does not say how its characters are encoded. `auto`: UTF-8 where a value is that, else Latin-1 as in SAS sessions of old (Windows-1252). */
export type XptEncoding = 'auto' | 'utf-8' | 'latin1';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const latin1 = new TextDecoder('windows-1252');

const BLANK = 0x20;

/** Characters without the padding behind them (blanks; NULs of some writers). Undefined: they are not of the encoding. */
const characters = (row: Buffer, { at, bytes }: Variable, encoding: XptEncoding): string | null | undefined => {
  let end = at + bytes;
  while (end > at && (row[end - 1] === BLANK || row[end - 1] === 0)) end -= 1;
  if (end === at) return null;
  const ascii = row.toString('latin1', at, end);
  if (!/[\x80-\xff]/.test(ascii)) return ascii;
  if (encoding !== 'latin1') {
    try {
      return utf8.decode(row.subarray(at, end));
    } catch {
      if (encoding === 'utf-8') return undefined;
    }
  }
  // as a stream: at once Node 24 decodes Windows-1252 as ISO-8859-1, whose 0x80 to 0x9F are control characters
  return latin1.decode(row.subarray(at, end), { stream: true });
};

/** A variable's value in a row: dates and times as ISO 8601, missing as null; undefined where its bytes are no value of its kind. */
export const decodeValue = (row: Buffer, variable: Variable, encoding: XptEncoding): string | number | null | undefined => {
  if (variable.kind === 'character') return characters(row, variable, encoding);
  const value = ibmNumber(row, variable.at, variable.bytes);
  if (value === null || variable.kind === 'number') return value;
  return sasIso(variable.kind, value) ?? undefined;
};
