import { VOCABULARY_OF_SYSTEM } from '../../vocabulary/concept-of.ts';
import { sourceUnit, unitConceptOf } from '../table/source-unit.ts';
import { ucumOf } from '../table/units.ts';
import { type Coded, coded } from './codes.ts';
import type { Elements, Json } from './elements.ts';

/** A Quantity: its number, and its unit, which is the code where that is UCUM's. */
export const quantityOf = (elements: Elements, field: string, of: Json, path: string): { number: number | null; unit: string | null; comparator: string | null } | null => {
  const quantity = elements.object(field, of, path, 'Quantity');
  if (!quantity) return null;
  const number = elements.number('value', quantity, `${path}.value`);
  const [unit, code, system, comparator] = (['unit', 'code', 'system', 'comparator'] as const).map((member) => elements.text(member, quantity, `${path}.${member}`));
  if (comparator && !COMPARATORS[comparator]) elements.wrong(`${path}.comparator`, 'unknown-code');
  const isUcum = !system || VOCABULARY_OF_SYSTEM[system] === 'UCUM';
  return { number, unit: (isUcum ? (code ?? unit) : (unit ?? code)) ?? null, comparator: comparator ?? null };
};

const COMPARATORS: Readonly<Record<string, number>> = { '<': 4171756, '<=': 4171754, '>': 4172704, '>=': 4171755 };
const VALUES = ['Quantity', 'CodeableConcept', 'String', 'Boolean', 'Integer', 'Range', 'Ratio', 'SampledData', 'Time', 'DateTime', 'Period'];
type Value = { number: number | null; code: Coded | null; unit: string | null; unitConcept: number; operator: number | null; text: string | null };
export const NOTHING: Value = { number: null, code: null, unit: null, unitConcept: 0, operator: null, text: null };

/** What an Observation, or a component of it, found. Text in free words is left behind. */
export const foundValue = (elements: Elements, of: Json, path: string): Value | null => {
  const name = elements.choice('value', VALUES, of, `${path}value`);
  if (name === null) return null;
  const here = `${path}${name}`;
  switch (name) {
    case 'valueQuantity': {
      const quantity = quantityOf(elements, name, of, here);
      if (!quantity) return NOTHING;
      const { number, comparator } = quantity;
      const ucum = sourceUnit(quantity.unit);
      return {
        ...NOTHING,
        number,
        unit: ucum,
        unitConcept: spelledConceptOf(ucum),
        operator: comparator ? (COMPARATORS[comparator] ?? null) : null,
        text: number === null ? null : String(number),
      };
    }
    case 'valueInteger': {
      const number = elements.number(name, of, here);
      if (number !== null && !Number.isInteger(number)) elements.wrong(here, 'wrong-type');
      return { ...NOTHING, number, text: number === null ? null : String(number) };
    }
    case 'valueBoolean': {
      const value = elements.boolean(name, of);
      return { ...NOTHING, number: value === null ? null : Number(value), text: value === null ? null : String(value) };
    }
    case 'valueCodeableConcept': {
      const code = coded(elements, name, of, here);
      return { ...NOTHING, code, text: code?.text ?? null };
    }
    case 'valueString':
      elements.text(name, of, here);
      return NOTHING;
    case 'valueDateTime':
      elements.moment(name, of, here);
      return NOTHING;
    case 'valueRatio':
      return { ...NOTHING, ...pairOf(elements, elements.object(name, of, here), ['numerator', 'denominator'], here, ':') };
    case 'valueRange':
      return { ...NOTHING, ...pairOf(elements, elements.object(name, of, here), ['low', 'high'], here, '-') };
    default:
      if (name !== 'valueTime') elements.object(name, of, here);
      return NOTHING;
  }
};

/** A titre as 1:128 or 1:<8, a range as 5-10 with the unit that both have; nothing where a unit is told and could not be kept. `1` is UCUM's unity. */
const pairOf = (elements: Elements, of: Json | null, members: readonly [string, string], path: string, between: ':' | '-'): Pick<Value, 'text' | 'unit' | 'unitConcept'> | null => {
  const [first, second] = members.map((member) => (of ? quantityOf(elements, member, of, `${path}.${member}`) : null));
  if (!first || !second || first.number === null || second.number === null) return null;
  const [told, other] = [first, second].map(({ unit }) => (unit === '1' ? null : unit));
  const unit = between === '-' && told === other ? sourceUnit(told ?? null) : null;
  if (unit === null && (told || other)) return null;
  const text = [first, second].map(({ comparator, number }) => `${comparator ?? ''}${number}`).join(between);
  return { text, unit, unitConcept: spelledConceptOf(unit) };
};

/** The concept of a unit as sources spell it: `mmHg` is UCUM's `mm[Hg]`. */
const spelledConceptOf = (unit: string | null): number => unitConceptOf(unit) || unitConceptOf(unit && ucumOf(unit));
