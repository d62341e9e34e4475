import { CONCEPTS } from '../../concepts.ts';
import { shippedCodes } from '../../vocabulary/concept-of.ts';
import { UNIT_SPELLINGS } from '../table/units.ts';

/**
 * Syntax of codes in the vocabularies that CDMs hold, by the publishers' own descriptions. A telephone or social security number, a date,
 * an e-mail or network address, a UUID and a name match none. SNOMED CT and LOINC also have check digits.
 */
const SYNTAXES = {
  /** RxNorm, CVX, CPT-4, HGNC, a source's own numeric codes */
  number: '[0-9]{1,7}',
  snomed: '[1-9][0-9]{5,17}',
  loinc: '(LP|LA|LL)?[0-9]{1,7}-[0-9]',
  icd10: '[A-TV-Z][0-9][0-9A-Z](\\.[0-9A-Z]{1,4})?',
  icd9: '([0-9]{3}|V[0-9]{2}|E[0-9]{3})\\.[0-9]{1,2}',
  hcpcs: '[A-V][0-9]{4}|[0-9]{4}[FTUM]',
  ndc: '[0-9]{4}-[0-9]{4}-[0-9]{2}|[0-9]{5}-[0-9]{3}-[0-9]{2}|[0-9]{5}-[0-9]{4}-[0-9]{1,2}',
  atc: '[ABCDGHJLMNPRSV][0-9]{2}[A-Z]{2}[0-9]{2}',
  dbsnp: 'rs[1-9][0-9]{1,10}',
} as const;

/** RE2 and JavaScript read it alike; the whole value must match. */
export const CODE_SYNTAX = Object.values(SYNTAXES)
  .map((syntax) => `(${syntax})`)
  .join('|');

const matches = (syntax: string, value: string): boolean => new RegExp(`^(?:${syntax})$`).test(value);
const WITHOUT_CHECK_DIGIT = Object.entries(SYNTAXES)
  .filter(([name]) => name !== 'snomed' && name !== 'loinc')
  .map(([, syntax]) => `(${syntax})`)
  .join('|');

/** Whether a value is a code by its syntax and, where the vocabulary has one, its check digit. */
export const isCode = (value: string): boolean =>
  matches(WITHOUT_CHECK_DIGIT, value) || (matches(SYNTAXES.snomed, value) && isSnomedConcept(value)) || (matches(SYNTAXES.loinc, value) && hasLoincCheckDigit(value));

/** SNOMED CT identifier of a concept: partition 00 or 10 and Verhoeff's check digit (SNOMED CT Technical Implementation Guide, 6). */
const isSnomedConcept = (value: string): boolean => /[01]0.$/.test(value) && verhoeff(value) === 0;

const DIHEDRAL = ['0123456789', '1234067895', '2340178956', '3401289567', '4012395678', '5987604321', '6598710432', '7659821043', '8765932104', '9876543210'];
const PERMUTED = ['0123456789', '1576283094', '5803796142', '8916043527', '9453126870', '4286573901', '2793806415', '7046913258'];
const verhoeff = (digits: string): number => [...digits].reverse().reduce((check, digit, index) => Number(DIHEDRAL[check]![Number(PERMUTED[index % 8]![Number(digit)])]), 0);

/** Luhn's modulus 10 over the digits before the hyphen (LOINC Users' Guide, annex B). */
const hasLoincCheckDigit = (value: string): boolean => {
  const [number, check] = value.replace(/^[A-Z]+/, '').split('-') as [string, string];
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const weighted = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return total + (weighted > 9 ? weighted - 9 : weighted);
  }, 0);
  return (10 - (sum % 10)) % 10 === Number(check);
};

/** Words that any source may say: our concepts' names, the units' codes and how they are spelt. */
const KNOWN_WORDS: readonly string[] = [
  ...Object.keys(CONCEPTS),
  ...UNIT_SPELLINGS,
  ...shippedCodes()
    .filter(({ vocabulary }) => vocabulary === 'UCUM')
    .map(({ code }) => code),
];

/** Words that a source value may be, in lower case. */
export const allowedWords = (terms: readonly string[]): ReadonlySet<string> => new Set([...terms, ...KNOWN_WORDS].map((word) => word.toLowerCase()));
