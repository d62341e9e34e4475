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

const NUMBER = /^[+-]?\d{1,6}([.,]\d{1,20})?$/;

/** Makes a reader of values as the device says them: a number, `<40`, a word. A number that only the other unit makes possible is in the wrong unit, not impossible. */
export const glucoseReader = ({ device: { low, high }, possible: [least, most] }: Pick<CgmMap, 'device' | 'possible'>): ((text: string, unit: GlucoseUnit) => GlucoseReading) => {
  const wordsOf = ({ words, value }: typeof low, operator: number) => words.map((word) => [word.toLowerCase(), { mgPerDl: value, operator, isSure: false }] as const);
  const words: ReadonlyMap<string, Glucose> = new Map([...wordsOf(low, BELOW), ...wordsOf(high, ABOVE)]);
  const isPossible = (mgPerDl: number): boolean => mgPerDl >= least && mgPerDl <= most;
  return (text, unit) => {
    const said = words.get(text.toLowerCase());
    if (said) return said;
    const operator = text.startsWith('<') ? BELOW : text.startsWith('>') ? ABOVE : null;
    const number = operator === null ? text : text.slice(1).trim();
    if (!NUMBER.test(number)) return { reason: 'unparsable-number' };
    const value = Number(number.replace(',', '.'));
    const molar = value * MG_DL_PER_MMOL_L;
    const own = unit === 'mg/dL' ? value : Number(molar.toPrecision(12));
    const other = unit === 'mg/dL' ? molar : value;
    if (isPossible(own)) return { mgPerDl: own, operator, isSure: !isPossible(other) };
    return { reason: isPossible(other) ? 'wrong-unit' : 'impossible-value' };
  };
};

/** Spellings of the two units; another unit is not one of glucose. */
export const glucoseUnitOf = (text: string): GlucoseUnit | null => {
  const spelling = text.toLowerCase().replaceAll(/[\s.]/g, '');
  return spelling === 'mg/dl' ? 'mg/dL' : spelling === 'mmol/l' ? 'mmol/L' : null;
};
