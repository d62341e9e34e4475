import { conceptOf } from '../../vocabulary/concept-of.ts';
import { QUANTITIES, toStandardUnit, ucumOf } from '../table/units.ts';

/** What FHIR lets be said in more than one unit: a weight in kg, g or pounds. By the concept of what is measured. */
const QUANTITY_OF: ReadonlyMap<number, string> = new Map(
  Object.entries(QUANTITIES).flatMap(([quantity, { vitalSign }]) => (vitalSign === undefined ? [] : [[conceptOf('LOINC', vitalSign).conceptId, quantity] as const])),
);

/** A vital sign in its standard unit, of which the concept is told; null where it is in it, or in none that can be converted. */
export const inStandardUnit = (conceptId: number, number: number | null, unit: string | null): { number: number; unitConcept: number } | null => {
  const quantity = QUANTITY_OF.get(conceptId);
  const ucum = quantity === undefined || unit === null ? null : ucumOf(unit, quantity);
  if (quantity === undefined || ucum === null || number === null) return null;
  const standard = QUANTITIES[quantity]!.unit;
  const converted = ucum === standard ? null : toStandardUnit(number, ucum, quantity);
  return converted === null ? null : { number: converted, unitConcept: conceptOf('UCUM', standard).conceptId };
};
