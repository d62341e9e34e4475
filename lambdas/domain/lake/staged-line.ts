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

type Cell = { name: string; own: keyof OwnCells | null; isWhole: boolean };

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
    cellNames(table).map((name) => ({ name, own: ownCell(table, name), isWhole: OMOP_COLUMNS[name] === 'INTEGER' || OMOP_COLUMNS[name] === 'BIGINT' })),
  ]),
);

/**
 * A row as a line of CSV. Every text is in quotes, so that an empty one is no missing one; a number that is none (NaN, infinity) is missing,
 * as JSON has it.
 */
export const stagedLine = ({ table, record_key, source_location, own, values }: StagedRow): string => {
  let line = `${record_key},${quoted(source_location)}`;
  for (const cell of CELLS.get(table)!) {
    const value = (cell.own === null ? null : own[cell.own]) ?? values[cell.name];
    if (value === null || value === undefined) line += ',';
    else if (typeof value === 'string') line += `,${quoted(value)}`;
    else if (Number.isFinite(value)) line += `,${cell.isWhole && !Number.isInteger(value) ? nearest(value) : value}`;
    else line += ',';
  }
  return `${line}\n`;
};

const quoted = (text: string): string => (text.includes('"') ? `"${text.replaceAll('"', '""')}"` : `"${text}"`);

/** Halves go to the even number (IEEE 754). */
const nearest = (value: number): number => {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (Math.abs(below) % 2) : Math.round(value);
};
