import type { Finding } from '../../reading.ts';
import type { CompiledTable } from './compile-mapping.ts';
import type { Cell } from './read-table-cell.ts';

/** A row's cells as the map reads them, by the columns' names in the map; what is not there is absent. */
export type RecordCells = ReadonlyMap<string, Cell>;

const ABSENT: Cell = { kind: 'absent' };
export const cellAt = (cells: RecordCells, column: string | undefined): Cell => (column === undefined ? ABSENT : (cells.get(column) ?? ABSENT));

/** What a cell says as text, or null. */
export const textAt = (cells: RecordCells, column: string | undefined): string | null => {
  const cell = cellAt(cells, column);
  return cell.kind === 'text' || cell.kind === 'number' ? cell.text : cell.kind === 'date' ? (cell.moment.time ?? cell.moment.day) : null;
};

/** Reads every described cell, and checks what the map wants of the row as a whole. The columns of its name are needed unless the format `named` it. */
export const readRecord = (table: CompiledTable, raw: RawCells, named: boolean): { cells: RecordCells; findings: Finding[] } => {
  const cells = new Map<string, Cell>();
  const findings: Finding[] = [];
  const { map } = table;
  for (const { name, key, required, read } of table.columns) {
    const cell = read(raw.get(key));
    if (typeof cell === 'string') findings.push({ field: name, reason: cell });
    else if (cell.kind !== 'absent') cells.set(name, cell);
    else if (required || (!named && map.record.includes(name) && writtenAt(raw, name) === null))
      findings.push({ field: name, reason: name === map.subject ? 'missing-key' : name === map.site ? 'missing-site' : 'missing-value' });
  }
  for (const [earlier, later] of map.order) {
    const [first, second] = [cellAt(cells, earlier), cellAt(cells, later)];
    if (first.kind !== 'date' || second.kind !== 'date') continue;
    const sameDay = first.moment.time !== null && second.moment.time !== null;
    if (sameDay ? first.moment.time! > second.moment.time! : first.moment.day > second.moment.last) findings.push({ field: later, reason: 'contradictory-value' });
  }
  return { cells, findings };
};

type RawCells = ReadonlyMap<string, string | number | null>;

/** A cell as it is written, or null. */
const writtenAt = (raw: RawCells, column: string): string | null => String(raw.get(column.toUpperCase()) ?? '').trim() || null;

/**
 * `LB CDISCPILOT01 01-701-1015 12`: one name for the record in all files of the source; it leaves the landing zone keyed. An answer in words
 * that is not kept still tells two records apart.
 */
export const recordNameOf = (table: string, columns: readonly string[], cells: RecordCells, raw?: RawCells): string =>
  [table, ...columns.map((column) => encodeURIComponent((textAt(cells, column) ?? (raw && writtenAt(raw, column)) ?? '').toWellFormed()))].join(' ');
