import catalog from '../../../config/sources/concepts.json' with { type: 'json' };
import measures from '../../../config/open-mhealth/measures.json' with { type: 'json' };
import units from '../../../config/sources/units.json' with { type: 'json' };
import countries from '../../../config/vocabulary/countries.json' with { type: 'json' };
import valueSets from '../../../config/vocabulary/value-set-words.json' with { type: 'json' };
import clinical from '../../../config/vocabulary/clinical-words.json' with { type: 'json' };
import vocabulary from '../../../config/vocabulary/codes.json' with { type: 'json' };
import { isCode } from './formats/omop/source-value.ts';
import { keyedHash } from './keyed-hash.ts';
import { OMOP_TABLE_NAMES } from './omop-tables.ts';

/** Prose, and what tells where something is from: it may name people. */
const PROSE: ReadonlySet<string> = new Set(['title', 'citation', 'because', 'source', 'sources', 'description', 'note', 'pattern', 'formats', 'namespace', 'cohortReference']);

/** Its runs of letters, and its parts of letters and digits (`cyp2c9`). */
const wordsOf = (text: string): string[] => [...(text.toLowerCase().match(/\p{L}+/gu) ?? []), ...(text.toLowerCase().match(/[\p{L}\p{N}]*\p{L}[\p{L}\p{N}]*/gu) ?? [])];

/** The words of a document's keys and texts, but for prose. */
const wordsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return wordsOf(value);
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, member]) => (PROSE.has(name) ? [] : [...(Array.isArray(value) ? [] : wordsOf(name)), ...wordsIn(member)]));
};

const SHIPPED: readonly string[] = [
  ...wordsOf(valueSets.words.join(' ')),
  ...wordsOf(countries.words.join(' ')),
  ...clinical.words,
  ...OMOP_TABLE_NAMES.flatMap((table) => wordsOf(table)),
  ...wordsIn(catalog),
  ...Object.values(catalog.concepts).flatMap(({ title }) => wordsOf(title)),
  ...wordsIn(measures),
  ...wordsIn(units.units),
  ...vocabulary.codes.flatMap(({ code, name }) => [...wordsOf(code), ...wordsOf(name)]),
];

/** The words that a source may say, in lower case: the shipped vocabulary's and those of its map (code lists, targets, columns, `terms`). */
export const knownWords = (map: unknown = null): ReadonlySet<string> => new Set([...SHIPPED, ...wordsIn(map)]);

/** A result, with or without an operator; the numbers of people have more digits. */
const NUMBER = /^[<>≤≥=]{0,2}\s*[+-]?\d{1,6}(?:[.,]\d+)?(?:[eE][+-]?\d{1,3})?$/;
const MOST_DIGITS = 6;
/** A part of a source's own code, as in `ABC123`, `F32A`: serial numbers mix more. */
const isCodePart = (part: string): boolean => part.length <= 8 && /^(?:[A-Za-z]+\d{1,4}|\d{1,4}[A-Za-z]+|[A-Za-z]+\d{1,3}[A-Za-z])$/.test(part);

/**
 * Whether what a source calls a code, a term, a unit or a result may stand in the lake as it is: a result, a code by its vocabulary's syntax, or words
 * and short codes none of which could be a name or somebody's number.
 */
export const isTellableTerm = (text: string, words: ReadonlySet<string>): boolean => {
  if (NUMBER.test(text) || GENOME_PLACE.test(text) || isCode(text)) return true;
  const hasDigits = /\d/.test(text);
  let digits = 0;
  for (const [part] of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    if (HAS_OWN_FORM.test(part) || words.has(part.toLowerCase())) continue;
    digits += part.match(/\p{N}/gu)?.length ?? 0;
    if (/^\p{N}+$/u.test(part)) continue;
    if (/\p{N}/u.test(part) ? isCodePart(part) : part.length <= 2 || (hasDigits && text.length <= 12 && /^[A-Z]{3,4}$/.test(part))) continue;
    return false;
  }
  return digits <= MOST_DIGITS;
};

/** Variants and durations: their numbers are nobody's. */
const HAS_OWN_FORM = /^(?:rs[1-9]\d{1,10}|P(?=\d|T)(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?)$/;
const GENOME_PLACE = /^chr(?:\d{1,2}|[XYM]):\d{1,9}$/;

/** What to do with terms: `words` may be told; `keyed` is what stands for any other, which is dropped without it. */
export type Terms = { words: ReadonlySet<string>; keyed?: (text: string) => string };

const KEYED_DIGITS = 16;

/** What stands in place of any other: the same term of a namespace is the same each time, and nobody without the key can tell which it was. */
const termKey = (secret: Uint8Array, namespace: string): ((text: string) => string) => {
  const hash = keyedHash(secret);
  return (text) => `keyed:${hash(`term:${namespace}:${text}`).slice(0, KEYED_DIGITS)}`;
};

export const termsOf = (map: { namespace: string }, secret: Uint8Array): Terms => ({ words: knownWords(map), keyed: termKey(secret, map.namespace) });
