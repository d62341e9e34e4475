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
  vitalSign: z.string().optional().describe('LOINC code by FHIR’s vital signs profile, https://hl7.org/fhir/R4/observation-vitalsigns.html'),
  gramsPerMole: z.number().positive().optional().describe('molar mass: makes g/L and mol/L comparable'),
});

const LaboratoryCode = z.strictObject({ quantity: z.string(), unit: z.string().describe('in which results under this code are kept, UCUM') });

const { units, quantities, laboratory } = z
  .strictObject({
    source: z.string(),
    units: z.record(z.string(), Unit),
    quantities: z.record(z.string(), Quantity),
    laboratory: z.strictObject({ source: z.string(), codes: z.record(z.string(), LaboratoryCode) }),
  })
  .parse(catalog);

export const QUANTITIES: Readonly<Record<string, z.infer<typeof Quantity>>> = quantities;
/** By LOINC code. */
export const LABORATORY: Readonly<Record<string, z.infer<typeof LaboratoryCode>>> = laboratory.codes;
export const UCUM_CODES = Object.keys(units);

const bySpelling = (form: (spelling: string) => string): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  for (const [code, { also }] of Object.entries(units)) for (const spelling of new Set([code, ...also].map(form))) found.set(spelling, [...(found.get(spelling) ?? []), code]);
  return found;
};
const BY_SPELLING = bySpelling((spelling) => spelling);
const BY_CAPITALS = bySpelling((spelling) => spelling.toUpperCase());

export const UNIT_SPELLINGS: readonly string[] = [...BY_SPELLING.keys()];

/**
 * The UCUM code of a unit as sources spell it; null: it is none that is known. Of units that are spelt alike it is the one in which the
 * quantity is measured (`G/L` of cells is 10*9/L), else the first. A spelling that is not listed is read in any
 * case, unless its capitals are two units' (`MM`: mm and mM; `G/L`).
 */
export const ucumOf = (spelling: string, quantity: string | null = null): string | null => {
  const spelt = BY_SPELLING.get(spelling) ?? BY_SPELLING.get(spelling.toLowerCase());
  if (spelt) return spelt.find((code) => quantity !== null && toStandardUnit(1, code, quantity) !== null) ?? spelt[0]!;
  const capitals = BY_CAPITALS.get(spelling.toUpperCase());
  return capitals?.length === 1 ? capitals[0]! : null;
};

const MASS = 'mass concentration';
const SUBSTANCE = 'substance concentration';

/** A value in the quantity's standard unit; null where its own unit measures something else. */
export const toStandardUnit = (value: number, ucum: string, quantity: string): number | null => toUnit(value, ucum, quantities[quantity]!.unit, quantity);

/** A value of a quantity in another unit; null where the two measure different things. */
export const toUnit = (value: number, ucum: string, unit: string, quantity: string): number | null => {
  const { gramsPerMole } = quantities[quantity]!;
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
