import vocabulary from '../../../config/vocabulary/column-words.json' with { type: 'json' };
import { CONCEPTS } from './concepts.ts';
import { isDateFormat, readDate } from './formats/table/read-date.ts';
import { ucumOf } from './formats/table/units.ts';
import { knownWords } from './source-terms.ts';

export const NULLS = ['', 'NA', 'N/A', 'NULL', 'null', '.', 'NaN'];
const FORMATS = [
  ...['iso8601', 'YYYY-MM-DD HH:mm:ss', 'YYYY-MM-DD HH:mm', 'YYYY/M/D', 'M/D/YYYY', 'M/D/YYYY H:mm', 'M/D/YYYY h:mm:ss A', 'D/M/YYYY', 'D/M/YYYY H:mm', 'D.M.YYYY'],
  ...['D.M.YYYY H:mm', 'D-M-YYYY', 'D-M-YYYY H:mm', 'D-M-YYYY H:mm:ss', 'DD-MMM-YYYY', 'DDMMMYYYY', 'D MMM YYYY'],
].filter(isDateFormat);
const COMPACT = 'YYYYMMDD';
const wordSet = (words: string): ReadonlySet<string> => new Set(words.split(' '));
const PATIENT = wordSet(
  'subject patient person participant proband mrn usubjid subjid subjectid patientid personid participantid patid ptid pid patiente paciente paziente patientennummer patientennr patientenid patientnummer',
);
const NUMBERED = wordSet('id key no nr number identifier nummer num numero');
const ROW = wordSet('recordid studyid');
const SITE = /(^|[^a-z])(site|hospital|centre|center|clinic)([^a-z]|$)/i;
const SITE_CODE = '^[0-9A-Za-z-]{1,20}$';
const SEX: ReadonlySet<string> = new Set(vocabulary.sex);
const AGE: ReadonlySet<string> = new Set(vocabulary.age);
const YEARS: ReadonlySet<string> = new Set(vocabulary.years);
/** A shorter word of birth or death may be a part of another. */
const LEAST_PART = 4;
/** What names or reaches a person, whatever its values look like. */
const IDENTITY: ReadonlySet<string> = new Set(Object.values(vocabulary.identity).flat());
/** Words for a name. */
const NAME: ReadonlySet<string> = new Set(vocabulary.name);
/** Whose name it is: a test, a drug, an event has one, too. */
const NAMED: ReadonlySet<string> = new Set(vocabulary.named);
/** Numbers of so many digits number people and things. */
const LONG_NUMBER = 7;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const COMPARED = /^(<=|>=|<|>|≤|≥)\s*/;
const YEAR = /^(1[89]|20)\d\d$/;
/** More values than this are no list of codes. */
const MOST_CODES = 12;
const LONGEST_CODE = 30;
const LISTED_WORDS: ReadonlySet<string> = new Set([...knownWords(), ...Object.values(vocabulary.answers).flat()]);
/** More digits in a code are somebody's number or address. */
const MOST_CODE_DIGITS = 4;
/** A source's own code; names in capitals are longer, but for a few, which seldom are several rows' each. */
const OWN_CODE = /^[A-Z]{1,3}\d{0,2}$/;
const LEAST_REPEATS = 3;

export type Decimal = '.' | ',';
export type DraftColumn = {
  name: string;
  type: 'key' | 'date' | 'number' | 'code' | 'text' | 'identity' | 'empty';
  /** of the sample's rows, how many have a value */
  filled: number;
  /** of a key: how much it looks like the patient's */
  rank?: number;
  /** of dates: those that fit all values, the likeliest first */
  formats?: string[];
  range?: [number, number];
  decimal?: Decimal;
  /** of numbers: some are below or above a limit */
  comparators?: true;
  /** of a site: what all values are */
  pattern?: string;
  ucum?: string;
  codes?: string[];
  concept?: string;
  about?: 'birth' | 'death' | 'age' | 'other age' | 'site' | 'gender' | 'unit';
};

/** Whether numbers have a decimal comma; three digits behind each comma are thousands, unless a zero stands before it. */
const decimalOf = (values: readonly string[]): Decimal =>
  values.some((value) => /^[+-]?\d+,\d+$/.test(value)) &&
  values.every((value) => /^[+-]?\d+(,\d+)?$/.test(value)) &&
  !values.every((value) => /^[+-]?(0|[1-9]\d{0,2}(,\d{3})*)$/.test(value))
    ? ','
    : '.';

/** What a column seems to be, by its name and the sample's values. Only a short list of codes, none of which could be a name, is taken from the values. */
export const draftColumn = (name: string, values: readonly string[]): DraftColumn => {
  const known = values.map((value) => value.trim()).filter((value) => !NULLS.includes(value));
  const distinct = new Set(known);
  const unit = /[([]\s*([^)\]]+?)\s*[)\]]\s*$/.exec(name)?.[1];
  const ucum = unit === undefined ? null : ucumOf(unit);
  const words = wordsOf(name);
  const about: DraftColumn['about'] =
    words.length === 1 && SEX.has(words[0]!)
      ? 'gender'
      : SITE.test(name) || /^site(id|code|no)$/i.test(name)
        ? 'site'
        : speaksOf(vocabulary.birth, name)
          ? 'birth'
          : speaksOf(vocabulary.death, name)
            ? 'death'
            : words.some((word) => AGE.has(word))
              ? words.every((word) => AGE.has(word) || YEARS.has(word))
                ? 'age'
                : 'other age'
              : undefined;
  const pattern = about === 'site' && known.every((value) => new RegExp(SITE_CODE).test(value)) ? { pattern: SITE_CODE } : {};
  const common = { name, filled: known.length, ...(about ? { about } : {}), ...pattern };
  const fact = (domain: 'Measurement' | 'Observation') => {
    const concept = conceptLike(name, domain);
    return { ...common, ...(ucum ? { ucum } : {}), ...(concept ? { concept } : {}) };
  };
  const rank = known.length === values.length ? keyRank(name, distinct.size) : 0;
  if (rank > 0) return { ...common, type: 'key', rank };
  if (isIdentity(words) && about !== 'site') return { ...common, type: 'identity' };
  if (known.length === 0) return { ...common, type: 'empty' };
  const fits = (format: string): boolean => known.every((value) => !('reason' in readDate(value, [format])));
  if (fits(COMPACT)) return { ...common, type: 'date', formats: [COMPACT] };
  if (about === 'birth' && known.every((value) => YEAR.test(value))) return { ...common, type: 'date', formats: ['iso8601'] };
  // limits alone are classes
  const comparators = known.some((value) => COMPARED.test(value)) && known.some((value) => !COMPARED.test(value));
  const uncompared = comparators ? known.map((value) => value.replace(COMPARED, '')) : known;
  const decimal = decimalOf(uncompared);
  const numbers = uncompared.map((value) => (decimal === ',' ? value.replace(',', '.') : value));
  const isNumber = numbers.every((value) => NUMBER.test(value));
  if (isNumber && known.some((value) => value.replace(/\D/g, '').length >= LONG_NUMBER && !/[.,eE]/.test(value))) return { ...common, type: 'identity' };
  if (isNumber && about !== 'site' && !(about === 'gender' && distinct.size <= MOST_CODES))
    return { ...fact('Measurement'), type: 'number', range: roughRange(numbers.map(Number)), ...(decimal === ',' ? { decimal } : {}), ...(comparators ? { comparators } : {}) };
  const formats = FORMATS.filter(fits);
  if (formats.length > 0) return { ...common, type: 'date', formats };
  const short = [...distinct].every((value) => value.length <= LONGEST_CODE);
  if (about !== 'site' && distinct.size <= MOST_CODES && short && (known.length >= 2 * distinct.size || distinct.size <= 2) && areCodes(known))
    return { ...fact('Observation'), type: 'code', codes: [...distinct].sort() };
  return { ...common, type: 'text' };
};

/** Whether a cell of a header is a value: a number, a date or an address of somebody’s. Then the line is a row. */
export const isValue = (cell: string): boolean => NUMBER.test(cell) || cell.includes('@') || [...FORMATS, COMPACT].some((format) => !('reason' in readDate(cell, [format])));

const isIdentity = (words: readonly string[]): boolean =>
  words.some((word) => IDENTITY.has(word) || vocabulary.parts.some((part) => word.includes(part)) || isOneName(word)) ||
  (words.some((word) => NAME.has(word)) && (words.length === 1 || words.some((word) => NAMED.has(word))));

/** `lastname`, `patientenname` */
const isOneName = (word: string): boolean => vocabulary.name.some((name) => word.endsWith(name) && vocabulary.named.some((named) => word.startsWith(named)));

/** Whether each value is made of known words, or is a code of the source's own that several rows have. */
const areCodes = (values: readonly string[]): boolean =>
  [...Map.groupBy(values, (value) => value)].every(
    ([value, { length }]) =>
      (value.match(/\d/g)?.length ?? 0) <= MOST_CODE_DIGITS &&
      ((OWN_CODE.test(value) && length >= LEAST_REPEATS) ||
        (value.toLowerCase().match(/\p{L}+/gu) ?? []).every((word) => word.length === 1 || LISTED_WORDS.has(word) || LISTED_WORDS.has(unaccented(word)))),
  );

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
  return [outwards(low - margin, -1), outwards(high + margin, 1)];
};

/** Three digits of a number, or the next of three digits to that side of it. */
const outwards = (number: number, side: 1 | -1): number => {
  const near = Number(number.toPrecision(3));
  return (near - number) * side >= 0 ? near : Number((near + side * 10 ** (Math.floor(Math.log10(Math.abs(number))) - 2)).toPrecision(3));
};

/**
 * The concept whose name has all words of the column's, or all of whose own are there: one word of several may be of anything. Those of no
 * vocabulary are a source's own: they need all of their words.
 */
const conceptLike = (name: string, domain: string): string | undefined => {
  const words = new Set(wordsOf(name.replace(/[([].*$/, '')).filter((word) => word.length > 2));
  const scored = Object.entries(CONCEPTS)
    .filter(([, each]) => each.domain === domain)
    .map(([concept, { title, vocabulary }]) => {
      const own = wordsOf(concept).filter((word) => word.length > 2);
      const all = new Set([...own, ...wordsOf(title)]);
      const whole = words.size > 0 && ((vocabulary !== 'None' && [...words].every((word) => own.includes(word))) || own.every((word) => words.has(word)));
      return { concept, shared: whole ? [...words].filter((word) => all.has(word)).length : 0, of: all.size };
    })
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared || a.of - b.of);
  return scored[0]?.concept;
};

/** Whether a name has one of the words, the longer ones also as a part: `Geburtsdatum`. */
const speaksOf = (these: readonly string[], name: string): boolean =>
  these.some((word) => wordsOf(name).includes(word) || (word.length >= LEAST_PART && unaccented(name).includes(word)));

/** Without accents and in lower case. */
export const unaccented = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ß', 'ss').toLowerCase();

const wordsOf = (text: string): string[] =>
  unaccented(text.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2').replace(/\bn[°º]/gi, 'nr '))
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
