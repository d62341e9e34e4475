import * as z from 'zod';
import catalog from '../../../../../config/sources/units.json' with { type: 'json' };

const Unit = z.strictObject({
  dimension: z.string(),
  /** value in the dimension's base unit = (value + offset) × factor */
  factor: z.number().positive(),
  offset: z.number().default(0),
  also: z.array(z.string()).default([]).describe('other spellings'),
});

const Quantity = z.strictObject({
  unit: z.string().describe('the standard unit, UCUM'),
  range: z.tuple([z.number(), z.number()]).optional().describe('what is possible, in the standard unit'),
  source: z.string().optional(),
  gramsPerMole: z.number().positive().optional().describe('molar mass: makes g/L and mol/L comparable'),
});

const { units, quantities } = z.strictObject({ source: z.string(), units: z.record(z.string(), Unit), quantities: z.record(z.string(), Quantity) }).parse(catalog);

export const QUANTITIES: Readonly<Record<string, z.infer<typeof Quantity>>> = quantities;
export const UCUM_CODES = Object.keys(units);

const BY_SPELLING: ReadonlyMap<string, string> = new Map(Object.entries(units).flatMap(([code, { also }]) => [code, ...also].map((spelling) => [spelling, code] as const)));

export const UNIT_SPELLINGS: readonly string[] = [...BY_SPELLING.keys()];

/** By spellings in upper case, but for those that several units have: `MMOL/L` is one, `PL` none. */
const BY_CAPITALS: ReadonlyMap<string, string | null> = [...BY_SPELLING].reduce((found, [spelling, code]) => {
  const capitals = spelling.toUpperCase();
  return found.set(capitals, found.has(capitals) && found.get(capitals) !== code ? null : code);
}, new Map<string, string | null>());

/** The UCUM code of a unit as sources spell it; null: it is none that is known. */
export const ucumOf = (spelling: string): string | null => BY_SPELLING.get(spelling) ?? BY_SPELLING.get(spelling.toLowerCase()) ?? BY_CAPITALS.get(spelling.toUpperCase()) ?? null;

const MASS = 'mass concentration';
const SUBSTANCE = 'substance concentration';

/** A value in the quantity's standard unit; null where its own unit measures something else. */
export const toStandardUnit = (value: number, ucum: string, quantity: string): number | null => {
  const { unit, gramsPerMole } = quantities[quantity]!;
  if (ucum === unit) return value;
  const from = units[ucum]!;
  const to = units[unit]!;
  const molar =
    from.dimension === to.dimension
      ? 1
      : gramsPerMole && from.dimension === MASS && to.dimension === SUBSTANCE
        ? 1 / gramsPerMole
        : gramsPerMole && from.dimension === SUBSTANCE && to.dimension === MASS
          ? gramsPerMole
          : null;
  if (molar === null) return null;
  // 12 digits: what is lost is the noise of the binary fractions
  return Number((((value + from.offset) * from.factor * molar) / to.factor - to.offset).toPrecision(12));
};

/** Whether a quantity is a part of a whole, which needs no unit. */
export const isFraction = (quantity: string): boolean => units[quantities[quantity]!.unit]!.dimension === 'fraction';

export const isPossible = (value: number, quantity: string): boolean => {
  const { range } = quantities[quantity]!;
  return !range || (value >= range[0] && value <= range[1]);
};
