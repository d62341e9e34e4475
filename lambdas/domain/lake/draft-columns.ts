import { CONCEPTS } from './concepts.ts';
import { isDateFormat, readDate } from './formats/table/read-date.ts';
import { ucumOf } from './formats/table/units.ts';

export const NULLS = ['', 'NA', 'N/A', 'NULL', 'null', '.', 'NaN'];
const FORMATS = [
  ...['iso8601', 'YYYY-MM-DD HH:mm:ss', 'YYYY-MM-DD HH:mm', 'YYYY/M/D', 'M/D/YYYY', 'M/D/YYYY H:mm', 'M/D/YYYY h:mm:ss A', 'D/M/YYYY', 'D/M/YYYY H:mm', 'D.M.YYYY'],
  ...['D.M.YYYY H:mm', 'D-M-YYYY', 'D-M-YYYY H:mm', 'D-M-YYYY H:mm:ss', 'DD-MMM-YYYY', 'DDMMMYYYY', 'D MMM YYYY'],
].filter(isDateFormat);
const COMPACT = 'YYYYMMDD';
const PATIENT = new Set([
  'subject',
  'patient',
  'person',
  'participant',
  'proband',
  'mrn',
  'usubjid',
  'subjid',
  'subjectid',
  'patientid',
  'personid',
  'participantid',
  'patid',
  'ptid',
  'pid',
]);
const NUMBERED = new Set(['id', 'key', 'no', 'nr', 'number', 'identifier']);
const ROW = new Set(['recordid', 'studyid']);
const SITE = /(^|[^a-z])(site|hospital|centre|center|clinic)([^a-z]|$)/i;
const SITE_CODE = '^[0-9A-Za-z-]{1,20}$';
const BIRTH = /birth|born|(^|[^a-z])dob([^a-z]|$)/i;
const DEATH = /death|died|deceased/i;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
/** More values than this are no list of codes. */
const MOST_CODES = 12;
const LONGEST_CODE = 30;

export type Decimal = '.' | ',';
export type DraftColumn = {
  name: string;
  type: 'key' | 'date' | 'number' | 'code' | 'text';
  /** of a key: how much it looks like the patient's */
  rank?: number;
  /** of dates: those that fit all values, the likeliest first */
  formats?: string[];
  range?: [number, number];
  /** of a site: what all values are */
  pattern?: string;
  ucum?: string;
  codes?: string[];
  concept?: string;
  about?: 'birth' | 'death' | 'site' | 'gender';
};

/** Whether the cells have more numbers with a decimal comma than with a point. */
export const decimalOf = (cells: Iterable<string>): Decimal => {
  let commas = 0;
  for (const cell of cells) commas += /^[+-]?\d+,\d+$/.test(cell.trim()) ? 1 : /^[+-]?\d+\.\d+$/.test(cell.trim()) ? -1 : 0;
  return commas > 0 ? ',' : '.';
};

/** What a column seems to be, by its name and the sample's values. Only a short list of codes is taken from the values. */
export const draftColumn = (name: string, values: readonly string[], decimal: Decimal): DraftColumn => {
  const known = values.map((value) => value.trim()).filter((value) => !NULLS.includes(value));
  const distinct = new Set(known);
  const unit = /[([]\s*([^)\]]+?)\s*[)\]]\s*$/.exec(name)?.[1];
  const ucum = unit === undefined ? null : ucumOf(unit);
  const concept = conceptLike(name);
  const about: DraftColumn['about'] = /^(sex|gender)$/i.test(name) ? 'gender' : SITE.test(name) ? 'site' : BIRTH.test(name) ? 'birth' : DEATH.test(name) ? 'death' : undefined;
  const pattern = about === 'site' && known.every((value) => new RegExp(SITE_CODE).test(value)) ? { pattern: SITE_CODE } : {};
  const common = { name, ...(about ? { about } : {}), ...pattern };
  const fact = { ...common, ...(ucum ? { ucum } : {}), ...(concept ? { concept } : {}) };
  const rank = known.length === values.length ? keyRank(name, distinct.size) : 0;
  if (rank > 0) return { ...common, type: 'key', rank };
  const fits = (format: string): boolean => known.length > 0 && known.every((value) => !('reason' in readDate(value, [format])));
  if (fits(COMPACT)) return { ...common, type: 'date', formats: [COMPACT] };
  const numbers = known.map((value) => (decimal === ',' ? value.replace(',', '.') : value));
  if (numbers.length > 0 && numbers.every((value) => NUMBER.test(value))) return { ...fact, type: 'number', range: roughRange(numbers.map(Number)) };
  const formats = FORMATS.filter(fits);
  if (formats.length > 0) return { ...common, type: 'date', formats };
  const short = [...distinct].every((value) => value.length <= LONGEST_CODE);
  if (distinct.size > 0 && distinct.size <= MOST_CODES && short && (known.length >= 2 * distinct.size || distinct.size <= 2))
    return { ...fact, type: 'code', codes: [...distinct].sort() };
  return { ...common, type: 'text' };
};

/** A patient's key has a word for the patient, a word for a number, or both. What has but one value in many rows names no patient. */
const keyRank = (name: string, values: number): number => {
  const words = wordsOf(name);
  const numbered = words.some((word) => NUMBERED.has(word));
  if (words.some((word) => PATIENT.has(word)) && (words.length === 1 || numbered)) return 3;
  if (values > 1 && ROW.has(words.join(''))) return 2;
  return numbered ? 1 : 0;
};

const roughRange = (numbers: readonly number[]): [number, number] => {
  let [low, high] = [numbers[0]!, numbers[0]!];
  for (const number of numbers) [low, high] = [Math.min(low, number), Math.max(high, number)];
  const margin = Math.max(1, high - low);
  return [Number((low - margin).toPrecision(3)), Number((high + margin).toPrecision(3))];
};

/** The concept that has all words of the column's name, or of whose own all are there: one word of several may be of anything. */
const conceptLike = (name: string): string | undefined => {
  const words = new Set(wordsOf(name.replace(/[([].*$/, '')).filter((word) => word.length > 2));
  const scored = Object.entries(CONCEPTS)
    .map(([concept, { title }]) => {
      const own = wordsOf(concept).filter((word) => word.length > 2);
      const all = new Set([...own, ...wordsOf(title)]);
      const whole = words.size > 0 && ([...words].every((word) => all.has(word)) || own.every((word) => words.has(word)));
      return { concept, shared: whole ? [...words].filter((word) => all.has(word)).length : 0, of: all.size };
    })
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared || a.of - b.of);
  return scored[0]?.concept;
};

const wordsOf = (text: string): string[] =>
  text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
