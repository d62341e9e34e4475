import { unitConceptOf } from '../table/source-unit.ts';
import { LABORATORY, QUANTITIES, toUnit, ucumOf } from '../table/units.ts';
import type { Coded } from './codes.ts';

type Kept = { quantity: string; unit: string };

/** What FHIR lets be said in more than one unit, a weight in kg, g or pounds, and in which it is kept. By LOINC code. */
const KEPT: ReadonlyMap<string, Kept> = new Map([
  ...Object.entries(QUANTITIES).flatMap(([quantity, { vitalSign, unit }]) => (vitalSign === undefined ? [] : [[vitalSign, { quantity, unit }] as const])),
  ...Object.entries(LABORATORY),
]);

/** A vital sign or a laboratory's result in the unit of its code, of which the concept is told; null where it is in it, or in none that can be converted. */
export const inStandardUnit = ({ vocabulary, code }: Coded, number: number | null, said: string | null): { number: number; unitConcept: number } | null => {
  const kept = vocabulary === 'LOINC' ? KEPT.get(code) : undefined;
  if (!kept || number === null || said === null) return null;
  const { quantity, unit } = kept;
  const ucum = ucumOf(said, quantity);
  const converted = ucum === null || ucum === unit ? null : toUnit(number, ucum, unit, quantity);
  return converted === null ? null : { number: converted, unitConcept: unitConceptOf(unit) };
};
