import type { Reason } from '../../../config/catalog/quarantine-reasons.ts';
import type { ColumnOf, SourceColumn } from './source-map.ts';

/** What a cell says: a value, nothing, or why it cannot be used. */
export type Reading<V> = { value: V } | { value: null } | { reason: Reason };

const absent = { value: null };
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** A decimal number within the closed range. */
export const readNumber = (text: string, [low, high]: readonly [number, number]): Reading<number> => {
  if (!DECIMAL.test(text)) return { reason: 'unparsable-number' };
  const value = Number(text);
  return value >= low && value <= high ? { value } : { reason: 'impossible-value' };
};

/** `2-3`, `2.5 – 3.5`: two numbers within the range, the lower first. Answers them and their middle. */
export const readInterval = (text: string, range: readonly [number, number]): Reading<{ low: number; high: number; middle: number }> => {
  const parts = text.split(/\s*[-–]\s*/);
  if (parts.length !== 2) return { reason: 'unparsable-number' };
  const [low, high] = parts.map((part) => readNumber(part, range)) as [Reading<number>, Reading<number>];
  if ('reason' in low) return low;
  if ('reason' in high) return high;
  if (low.value === null || high.value === null) return { reason: 'unparsable-number' };
  if (low.value >= high.value) return { reason: 'impossible-value' };
  return { value: { low: low.value, high: high.value, middle: (low.value + high.value) / 2 } };
};

export const OLDEST_DECADE = 9;

/**
 * Age as a decade: `70 - 79` and `73` are 7. All ages of 90 and over are one class (45 CFR 164.514(b)(2)(i)(C)): `90+`, `94`, `90 - 99`
 * and `100+` are 9.
 */
export const readAgeDecade = (text: string): Reading<number> => {
  const [, from, to, plus] = /^(\d{1,3})(?:\s*-\s*(\d{1,3})|\s*(\+))?$/.exec(text) ?? [];
  if (from === undefined) return { reason: /^-?\d+(\.\d+)?$/.test(text) ? 'impossible-value' : 'unparsable-number' };
  const years = Number(from);
  if (years > 120) return { reason: 'impossible-value' };
  if (to !== undefined && (years % 10 !== 0 || Number(to) !== years + 9)) return { reason: 'impossible-value' };
  if (plus !== undefined && years < 90) return { reason: 'impossible-value' };
  return { value: Math.min(Math.floor(years / 10), OLDEST_DECADE) };
};

/** `*2/*1` → `*1/*2`: a diplotype of star alleles that are defined, the lower first. */
export const readStarDiplotype = (text: string, [first, last]: readonly [number, number]): Reading<string> => {
  const [, one, two] = /^\*([1-9]\d{0,2})\s*\/\s*\*([1-9]\d{0,2})$/.exec(text) ?? [];
  if (one === undefined || two === undefined) return { reason: 'unknown-genotype' };
  const stars = [Number(one), Number(two)].sort((a, b) => a - b) as [number, number];
  return stars.every((star) => star >= first && star <= last) ? { value: `*${stars[0]}/*${stars[1]}` } : { reason: 'unknown-genotype' };
};

/** `G/A` → `A/G`: an unphased genotype of the two alleles that the position has, in alphabetical order. */
export const readSnpGenotype = (text: string, alleles: readonly string[]): Reading<string> => {
  const bases = text.toUpperCase().split(/\s*\/\s*/);
  return bases.length === 2 && bases.every((base) => alleles.includes(base)) ? { value: bases.sort().join('/') } : { reason: 'unknown-genotype' };
};

export const readFlag = (text: string): Reading<0 | 1> => (text === '1' ? { value: 1 } : text === '0' ? { value: 0 } : { reason: 'unknown-code' });

/** A word of a vocabulary, whatever its case. */
export const readCode = (text: string, codes: Readonly<Record<string, string>>): Reading<string> => {
  const found = Object.entries(codes).find(([code]) => code.toLowerCase() === text.toLowerCase());
  return found ? { value: found[1] } : { reason: 'unknown-code' };
};

/**
 * A list such as `3; 8` or `1,2`, or alternatives such as `1 or 2`. Answers a 0 or 1 for every concept that the list decides: with `1 or
 * 2` neither is known, only the concept that stands for either.
 */
export const readCodes = (text: string, { codes, either }: Pick<ColumnOf<'codes'>, 'codes' | 'either'>): Reading<Record<string, 0 | 1>> => {
  const listed = new Set<string>();
  const possible = new Set<string>();
  for (const item of text.split(/\s*[;,]\s*/).filter(Boolean)) {
    const alternatives = item.split(/\s+or\s+/i);
    if (!alternatives.every((code) => Object.hasOwn(codes, code))) return { reason: 'unknown-code' };
    if (alternatives.length === 1) listed.add(item);
    else if (Object.values(either).some((group) => alternatives.every((code) => group.includes(code)))) for (const code of alternatives) possible.add(code);
    else return { reason: 'unknown-code' };
  }
  if (listed.size + possible.size === 0) return { reason: 'unknown-code' };
  const decided = Object.entries(codes).filter(([code]) => listed.has(code) || !possible.has(code));
  const value: Record<string, 0 | 1> = {};
  for (const [code, concept] of decided) value[concept] = listed.has(code) ? 1 : 0;
  for (const [concept, group] of Object.entries(either)) value[concept] = group.some((code) => listed.has(code) || possible.has(code)) ? 1 : 0;
  return { value };
};

/** Whether the cell says nothing: blank, or one of the source's or the column's words for unknown. */
export const isAbsent = (text: string, column: SourceColumn, nullTokens: readonly string[]): boolean =>
  text === '' || nullTokens.includes(text) || (column.type === 'person' && column.nullTokens.includes(text));

export const nothing: Reading<never> = absent;
