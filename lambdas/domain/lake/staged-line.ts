import { type OwnCells, type StagedRow, idColumnOf } from './identify.ts';
import { OMOP_TABLES, OMOP_TABLE_NAMES, type OmopTable } from './omop-tables.ts';

/** A column name means the same type in every table that has it, but for numbers: DOUBLE holds both. */
const OMOP_COLUMNS: Record<string, string> = Object.assign({}, ...OMOP_TABLE_NAMES.map((table) => OMOP_TABLES[table].columns), { quantity: 'DOUBLE' });

/** The columns of a table's staged rows, in the order in which a line has them; of a record and a deletion, whose they are. */
export const stagedColumns = (table: string): [name: string, type: string][] => [
  ['record_key', 'VARCHAR'],
  ['source_location', 'VARCHAR'],
  ...cellNames(table).map((name): [string, string] => [name, OMOP_COLUMNS[name]!]),
];

const cellNames = (table: string): string[] => (table in OMOP_TABLES ? Object.keys(OMOP_TABLES[table as OmopTable].columns) : ['person_id']);

/** `last`: the number that was written last, most often the same again, and its text. */
type Cell = { name: string; own: keyof OwnCells | null; isWhole: boolean; last: number; text: string };

const ownCell = (table: string, name: string): keyof OwnCells | null => {
  if (table in OMOP_TABLES && name === idColumnOf(table as OmopTable)) return 'id';
  if (name === 'person_source_value') return table === 'person' ? name : null;
  return name === 'person_id' || name === 'visit_occurrence_id' || name === 'care_site_id' ? name : null;
};

/** `record`: a record that no row of a person tells; `deletion`: one that is to be no more. */
export const STAGED_TABLES = [...OMOP_TABLE_NAMES, 'record', 'deletion'] as const;

const CELLS = new Map<string, readonly Cell[]>(
  STAGED_TABLES.map((table) => [
    table,
    cellNames(table).map((name) => ({ name, own: ownCell(table, name), isWhole: OMOP_COLUMNS[name] === 'INTEGER' || OMOP_COLUMNS[name] === 'BIGINT', last: 0, text: '0' })),
  ]),
);

/** There is no room for the line: nothing of it counts. */
export const NO_ROOM = -1;

/**
 * Writes a row as a line of CSV, from a place on; answers where it ends. Every text is in quotes, so that an empty one is no missing one; a number
 * that is none (NaN, infinity) is missing, as JSON has it. Bytes are set one by one: a string joined from a row's cells would be garbage for
 * each of them.
 */
export const writeStagedLine = ({ table, record_key, source_location, own, values }: StagedRow, bytes: Uint8Array, from: number): number => {
  let at = putQuoted(bytes, put(bytes, from, record_key), source_location);
  for (const cell of CELLS.get(table)!) {
    const value = (cell.own === null ? null : own[cell.own]) ?? values[cell.name];
    if (at === NO_ROOM) return NO_ROOM;
    if (typeof value === 'string') at = putQuoted(bytes, at, value);
    else {
      bytes[at++] = COMMA;
      if (typeof value === 'number' && Number.isFinite(value)) at = put(bytes, at, numberText(cell, value));
    }
  }
  if (at === NO_ROOM) return NO_ROOM;
  bytes[at++] = LINE_FEED;
  return at;
};

const LINE_FEED = 10;
const QUOTE = 34;
const COMMA = 44;
const LAST_ASCII = 127;
/** Of a UTF-16 unit in UTF-8, and of a quote that is said twice, at most. */
const BYTES_A_UNIT = 3;
/** After a text there is still room for a comma of each column that follows, and the line's end. */
const ROOM_BEHIND = 64;
const encoder = new TextEncoder();

const put = (bytes: Uint8Array, from: number, text: string): number => {
  if (from === NO_ROOM || from + text.length * BYTES_A_UNIT + ROOM_BEHIND > bytes.length) return NO_ROOM;
  let at = from;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > LAST_ASCII) return at + encoder.encodeInto(text.slice(index).replaceAll('"', '""'), bytes.subarray(at)).written;
    if (unit === QUOTE) bytes[at++] = QUOTE;
    bytes[at++] = unit;
  }
  return at;
};

const putQuoted = (bytes: Uint8Array, from: number, text: string): number => {
  if (from === NO_ROOM || from + ROOM_BEHIND > bytes.length) return NO_ROOM;
  bytes[from] = COMMA;
  bytes[from + 1] = QUOTE;
  const at = put(bytes, from + 2, text);
  if (at === NO_ROOM) return NO_ROOM;
  bytes[at] = QUOTE;
  return at + 1;
};

const numberText = (cell: Cell, value: number): string => {
  if (value !== cell.last) {
    cell.last = value;
    cell.text = String(cell.isWhole && !Number.isInteger(value) ? nearest(value) : value);
  }
  return cell.text;
};

/** Halves go to the even number (IEEE 754). */
const nearest = (value: number): number => {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (Math.abs(below) % 2) : Math.round(value);
};
