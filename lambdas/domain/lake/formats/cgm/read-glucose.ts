import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';
import type { CgmMap } from './map.ts';

export type GlucoseUnit = 'mg/dL' | 'mmol/L';

/** Molar mass of glucose 180.156 g/mol: https://pubchem.ncbi.nlm.nih.gov/compound/5793 */
export const MG_DL_PER_MMOL_L = 18.0156;

/** OMOP's concepts of SNOMED's value operators, as OHDSI's ETLs use them. */
const BELOW = 4_171_756;
const ABOVE = 4_172_704;

export type Glucose = { mgPerDl: number; operator: number | null /** whether the value is possible in this unit alone */; isSure: boolean };
export type GlucoseReading = Glucose | { reason: Reason /** the value is possible in the other unit alone */; isOtherUnit?: boolean };

const NUMBER = /^[+-]?\d{1,6}([.,]\d{1,12})?$/;

/** Reads a value as the device says it. A number that only the other unit makes possible is in the wrong unit, not impossible. */
export const readGlucose = (text: string, unit: GlucoseUnit, { device, possible }: Pick<CgmMap, 'device' | 'possible'>): GlucoseReading => {
  const word = text.toLowerCase();
  for (const [limit, operator] of [
    [device.low, BELOW],
    [device.high, ABOVE],
  ] as const) {
    if (limit.words.some((each) => each.toLowerCase() === word)) return { mgPerDl: limit.value, operator, isSure: false };
  }
  if (!NUMBER.test(text)) return { reason: 'unparsable-number' };
  const value = Number(text.replace(',', '.'));
  const asMass = Number((unit === 'mg/dL' ? value : value * MG_DL_PER_MMOL_L).toPrecision(12));
  const inOther = unit === 'mg/dL' ? value * MG_DL_PER_MMOL_L : value;
  const isPossible = (mgPerDl: number): boolean => mgPerDl >= possible[0] && mgPerDl <= possible[1];
  if (isPossible(asMass)) return { mgPerDl: asMass, operator: null, isSure: !isPossible(inOther) };
  return isPossible(inOther) ? { reason: 'wrong-unit', isOtherUnit: true } : { reason: 'impossible-value' };
};

/** Spellings of the two units; another unit is not one of glucose. */
export const glucoseUnitOf = (text: string): GlucoseUnit | null => {
  const spelling = text.toLowerCase().replaceAll(/[\s.]/g, '');
  return spelling === 'mg/dl' ? 'mg/dL' : spelling === 'mmol/l' ? 'mmol/L' : null;
};
