import type { Finding } from '../../reading.ts';
import { readIsoDate } from '../table/read-date.ts';
import type { Dataset, DataType } from './metadata.ts';

type Value = string | number | null;
export type DecodedRow = { cells: ReadonlyMap<string, Value>; findings: Finding[] };

const whole = (reason: Finding['reason']): DecodedRow => ({ cells: new Map(), findings: [{ field: null, reason }] });

/** A row's values by column, checked against their data types. */
export const decodeRow = (row: unknown, { columns }: Dataset): DecodedRow => {
  if (typeof row !== 'object' || row === null) return whole('malformed-row');
  const values = Array.isArray(row) ? row : inOrder(row as Record<string, unknown>, columns);
  if (!values) return whole('malformed-row');
  if (values.length !== columns.length) return whole('wrong-column-count');
  const cells = new Map<string, Value>();
  const findings: Finding[] = [];
  for (const [index, { name, dataType }] of columns.entries()) {
    const decoded = decode(values[index], dataType);
    if (decoded !== null && typeof decoded === 'object') findings.push({ field: name, reason: decoded.reason });
    else cells.set(name, decoded);
  }
  return { cells, findings };
};

/** In the compressed form a record may be an object. */
const inOrder = (row: Record<string, unknown>, columns: Dataset['columns']): unknown[] | null => {
  const values = new Map(Object.entries(row).map(([name, value]) => [name.toUpperCase(), value]));
  return values.size === Object.keys(row).length && [...values.keys()].every((name) => columns.some((column) => column.name === name))
    ? columns.map(({ name }) => values.get(name) ?? null)
    : null;
};

/** Numbers as text use the point, and the comma between thousands. */
const DECIMAL = /^[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d+)?$/;
const TIME = /^(?:\d{2}|-)(?::(?:\d{2}|-)(?::(?:\d{2}|-)(?:[.,]\d{1,9})?)?)?(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?$/;

const decode = (value: unknown, dataType: DataType): Value | { reason: Finding['reason'] } => {
  if (value === null || value === undefined) return null;
  switch (dataType) {
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value) ? value : { reason: 'wrong-type' };
    case 'float':
    case 'double':
      return typeof value === 'number' ? value : { reason: 'wrong-type' };
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : { reason: 'wrong-type' };
  }
  if (typeof value !== 'string') return { reason: 'wrong-type' };
  if (value.trim() === '') return null;
  switch (dataType) {
    case 'decimal':
      return DECIMAL.test(value) && /\d/.test(value) ? value.replaceAll(',', '') : { reason: 'unparsable-number' };
    case 'date':
    case 'datetime':
      return 'reason' in readIsoDate(value) ? { reason: 'unparsable-date' } : value;
    case 'time':
      return TIME.test(value) ? value : { reason: 'unparsable-date' };
    default:
      return value;
  }
};
