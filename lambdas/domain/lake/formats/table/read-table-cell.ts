import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';
import type { Column } from './mapping.ts';
import { type Moment, readDate } from './read-date.ts';

/** What a cell of a table says. */
export type Cell =
  | { kind: 'absent' }
  | { kind: 'text'; text: string }
  | { kind: 'number'; number: number; operator: string | null; text: string }
  | { kind: 'date'; moment: Moment };

export type RawCell = string | number | null | undefined;

const ABSENT: Cell = { kind: 'absent' };
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const COMPARED = /^(<=|>=|<|>|≤|≥)\s*(.+)$/;
const OPERATOR: Readonly<Record<string, string>> = { '≤': '<=', '≥': '>=' };

/** A column made ready: its patterns compiled, its codes in a set. */
export type CellReader = (raw: RawCell) => Cell | Reason;

/** What the mapping says of the cells of all columns. */
type Reading = {
  codesOf: (list: string) => { codes: ReadonlySet<string>; extensible: boolean };
  nullTokens: ReadonlySet<string>;
};

export const cellReader = (column: Column, { codesOf, nullTokens }: Reading): CellReader => {
  const read = readerOf(column, codesOf);
  const decimal = 'decimal' in column ? column.decimal : '.';
  return (raw) => {
    if (raw === null || raw === undefined) return ABSENT;
    // a number that is one already has no decimal sign of the source
    const text = typeof raw === 'number' ? String(raw).replace('.', decimal) : raw.trim();
    return text === '' || nullTokens.has(text) ? ABSENT : read(text);
  };
};

const readerOf = (column: Column, codesOf: Reading['codesOf']): ((text: string) => Cell | Reason) => {
  switch (column.type) {
    case 'drop':
      return () => ABSENT;
    case 'text': {
      const pattern = column.pattern === undefined ? null : new RegExp(column.pattern, 'u');
      return (text) => (pattern && !pattern.test(text) ? 'unknown-code' : { kind: 'text', text });
    }
    case 'code': {
      const { codes, extensible } = codesOf(column.list);
      return (text) => (codes.has(text) ? { kind: 'text', text } : extensible ? ABSENT : 'unknown-code');
    }
    case 'number': {
      const { range, integer, comparators, words, decimal } = column;
      return (text) => {
        const word = Object.hasOwn(words, text) ? words[text]! : null;
        if (word) return { kind: 'number', number: word.value, operator: word.operator, text };
        const read = readNumber(text, comparators, decimal);
        if (typeof read === 'string') return read;
        const { number } = read;
        return (range && (number < range[0] || number > range[1])) || (integer && !Number.isInteger(number)) ? 'impossible-value' : read;
      };
    }
    case 'result': {
      const terms = column.list === undefined ? null : codesOf(column.list).codes;
      return (text) => {
        const read = readNumber(text, true, column.decimal);
        if (typeof read !== 'string') return read;
        return terms?.has(text) ? { kind: 'text', text } : ABSENT;
      };
    }
    case 'date':
      return (text) => {
        const read = readDate(text, column.formats);
        if ('reason' in read) return column.orText ? ABSENT : read.reason;
        return read.moment ? { kind: 'date', moment: read.moment } : ABSENT;
      };
  }
};

const readNumber = (said: string, comparators: boolean, decimal: '.' | ','): Extract<Cell, { kind: 'number' }> | Reason => {
  // where the comma is the decimal sign, a point is none
  const text = decimal === ',' ? said.replace(/[.,]/g, (sign) => (sign === ',' ? '.' : ',')) : said;
  const compared = comparators ? COMPARED.exec(text) : null;
  const digits = compared ? compared[2]! : text;
  const number = DECIMAL.test(digits) ? Number(digits) : Number.NaN;
  if (!Number.isFinite(number)) return 'unparsable-number';
  return { kind: 'number', number, operator: compared ? (OPERATOR[compared[1]!] ?? compared[1]!) : null, text };
};
