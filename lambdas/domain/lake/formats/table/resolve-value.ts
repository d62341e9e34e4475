import type { Finding } from '../../reading.ts';
import type { RowOf } from './mapping.ts';
import { OPERATORS } from './operators.ts';
import { type RecordCells, cellAt, textAt } from './read-record.ts';
import { sourceUnit, unitConceptOf } from './source-unit.ts';
import { QUANTITIES, isFraction, isPossible, toStandardUnit, ucumOf } from './units.ts';

type Measured = Pick<RowOf<'measurement'>, 'value' | 'original'>;

/** A value in OMOP's columns: the number in the quantity's standard unit, value and unit as they were beside it. */
export type ResolvedValue = {
  number: number | null;
  text: string | null;
  operator: number | null;
  unitConcept: number | null;
  sourceUnit: string | null;
  sourceValue: string | null;
  /** a number of the same unit in the standard unit */
  convert: (value: number) => number | null;
};

const NOTHING: ResolvedValue = { number: null, text: null, operator: null, unitConcept: null, sourceUnit: null, sourceValue: null, convert: (value) => value };

/** The first of the values that the record has. */
export const resolveValue = ({ value: values, original }: Measured, quantity: string | null, cells: RecordCells, findings: Finding[]): ResolvedValue => {
  for (const { column, unit: unitColumn, ucum } of values) {
    const cell = cellAt(cells, column);
    if (cell.kind === 'absent' || cell.kind === 'date') continue;
    const sourceValue = textAt(cells, original?.value) ?? cell.text;
    if (cell.kind === 'text') return { ...NOTHING, text: cell.text, sourceValue };
    const unit = ucum ?? textAt(cells, unitColumn);
    const said = sourceUnit(textAt(cells, original?.unit) ?? unit);
    const known = unit === null ? null : ucumOf(unit, quantity);
    const read = { ...NOTHING, operator: cell.operator ? OPERATORS[cell.operator]! : null, sourceUnit: said, sourceValue };
    if (quantity === null) return { ...read, number: cell.number, unitConcept: unit === null ? null : unitConceptOf(known) };
    const standard = QUANTITIES[quantity]!.unit;
    // a ratio may come without the unit 1; where that is impossible, a unit was forgotten
    const ratio = unit === null && isFraction(quantity) ? toStandardUnit(cell.number, '1', quantity) : null;
    const from = ratio !== null && (standard === '1' || isPossible(ratio, quantity)) ? '1' : known;
    const number = from === null ? null : toStandardUnit(cell.number, from, quantity);
    if (number === null) findings.push({ field: unitColumn ?? column, reason: unit === null ? 'missing-value' : 'wrong-unit' });
    else if (!isPossible(number, quantity)) findings.push({ field: column, reason: 'impossible-value' });
    return { ...read, number, unitConcept: unitConceptOf(standard), convert: (value) => (from === null ? null : toStandardUnit(value, from, quantity)) };
  }
  return NOTHING;
};
