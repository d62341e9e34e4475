import { type Position, REFERENCE } from './gene-definition.ts';
import { NO_ALLELE, UNDEFINED_ALLELE } from './match-diplotypes.ts';

/** REF and ALT of a VCF record: upper case, `alts` empty where ALT is `.`. */
export type Variant = { position: number; ref: string; alts: readonly string[] };

/**
 * What a record says of a position: a code for REF and each ALT in turn; or nothing; or that its REF contradicts the reference sequence;
 * or that it lies at the position, agrees with the sequence, but is not written as the definition's reference allele and so cannot tell
 * whether the deletion is there.
 */
export type VariantCodes = { codes: readonly number[] } | 'unrelated' | 'contradicts-reference' | 'other-reference-allele';

const PLAIN = /^[ACGT]+$/;
const isPlain = (allele: string): boolean => PLAIN.test(allele);

export const codesAt = (position: Position, variant: Variant): VariantCodes => {
  if (contradicts(position, variant)) return 'contradicts-reference';
  if (variant.position === position.position && variant.ref === position.ref) {
    return { codes: [REFERENCE, ...variant.alts.map((alt) => (isPlain(alt) ? codeOfAlt(position, alt) : NO_ALLELE))] };
  }
  return position.window ? codesOfDeletion(position, position.window, variant) : codesOfBase(position, variant);
};

const codeOfAlt = ({ alts }: Position, alt: string): number => (alts.includes(alt) ? 1 + alts.indexOf(alt) : UNDEFINED_ALLELE);

const contradicts = ({ position, ref, window }: Position, variant: Variant): boolean => {
  const { start, sequence } = window ?? { start: position, sequence: ref };
  const from = Math.max(start, variant.position);
  const to = Math.min(start + sequence.length, variant.position + variant.ref.length);
  for (let at = from; at < to; at++) {
    const base = variant.ref[at - variant.position]!;
    if (base !== 'N' && base !== sequence[at - start]) return true;
  }
  return false;
};

/** A change without the bases that both alleles share at their ends, the right end first (Tan A et al., Bioinformatics 2015;31:2202-4). */
const trimmed = ({ position, ref }: Variant, alt: string): { position: number; ref: string; alt: string } => {
  let right = 0;
  while (right < ref.length && right < alt.length && ref[ref.length - 1 - right] === alt[alt.length - 1 - right]) right += 1;
  let left = 0;
  while (left < ref.length - right && left < alt.length - right && ref[left] === alt[left]) left += 1;
  return { position: position + left, ref: ref.slice(left, ref.length - right), alt: alt.slice(left, alt.length - right) };
};

/** A single base that is part of a longer record: `CC` → `CT` one base before it, `CT` → `TT,C` at it. */
const codesOfBase = (position: Position, variant: Variant): VariantCodes => {
  const covers = variant.position <= position.position && position.position < variant.position + variant.ref.length;
  if (!covers || variant.ref.includes('N')) return 'unrelated';
  let touched = false;
  const codes = variant.alts.map((alt) => {
    if (!isPlain(alt)) return NO_ALLELE;
    const change = trimmed(variant, alt);
    const offset = position.position - change.position;
    if (offset < 0 || offset >= change.ref.length) return REFERENCE;
    if (change.ref.length !== change.alt.length) return UNDEFINED_ALLELE;
    touched = true;
    const base = change.alt[offset]!;
    return base === position.ref ? REFERENCE : codeOfAlt(position, base);
  });
  const saysReference = variant.position === position.position && !variant.alts.some(isPlain);
  return touched || saysReference ? { codes: [REFERENCE, ...codes] } : 'unrelated';
};

/** Two ways to write a deletion are one when they leave the same sequence. */
const codesOfDeletion = (position: Position, window: NonNullable<Position['window']>, variant: Variant): VariantCodes => {
  const apply = (from: number, ref: string, alt: string): string | null => {
    const offset = from - window.start;
    if (offset < 0 || offset + ref.length > window.sequence.length) return null;
    return window.sequence.slice(0, offset) + alt + window.sequence.slice(offset + ref.length);
  };
  const defined = position.alts.map((alt) => apply(position.position, position.ref, alt));
  let found = false;
  const codes = variant.alts.map((alt) => {
    if (!isPlain(alt)) return NO_ALLELE;
    const change = trimmed(variant, alt);
    const left = apply(change.position, change.ref, change.alt);
    if (left === null || change.ref.length === change.alt.length) return REFERENCE;
    const index = defined.indexOf(left);
    found ||= index >= 0;
    return index < 0 ? UNDEFINED_ALLELE : 1 + index;
  });
  if (found) return { codes: [REFERENCE, ...codes] };
  return variant.position === position.position && variant.alts.length === 0 ? 'other-reference-allele' : 'unrelated';
};
