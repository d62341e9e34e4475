import { type Gene, REFERENCE } from '../../../pharmacogenomics/gene-definition.ts';
import { type Genotype, NO_ALLELE, UNPHASED } from '../../../pharmacogenomics/match-diplotypes.ts';
import type { Finding } from '../../reading.ts';

/** No record was there. */
const UNSAID = 40;
/** A record was there, but says nothing that can be used: no call, a failed filter, an allele that is not a sequence. */
const UNUSABLE = 41;
/** A block of reference lies over it; a record of the position itself outdoes it. */
const IN_REFERENCE_BLOCK = 42;

type Column = { first: Uint8Array; second: Uint8Array; phase: Int32Array };

export type Grievance = Finding & { text: string };

/** What the records of a file say of one gene, for all samples. */
export class GeneEvidence {
  readonly gene: Gene;
  /** against the gene in all samples */
  readonly common: Grievance[] = [];
  /** the REF of a record contradicts the reference sequence */
  wrongReference = false;
  readonly #samples: number;
  readonly #columns: (Column | null)[];
  /** by position: codes of the alternatives that records have stated, as bits */
  readonly #stated: number[];
  readonly #bySample = new Map<number, Grievance[]>();

  constructor(gene: Gene, samples: number) {
    this.gene = gene;
    this.#samples = samples;
    this.#columns = gene.positions.map(() => null);
    this.#stated = gene.positions.map(() => 0);
  }

  /** There was a record at one of its positions. */
  get isCovered(): boolean {
    return this.#columns.some((column) => column !== null);
  }

  against(sample: number): readonly Grievance[] {
    const own = this.#bySample.get(sample);
    return own ? [...this.common, ...own] : this.common;
  }

  object(sample: number, grievance: Grievance): void {
    const list = this.#bySample.get(sample);
    if (list) list.push(grievance);
    else this.#bySample.set(sample, [grievance]);
  }

  /** A record is at the position, but nothing of it is used. */
  spoil(at: number): void {
    const { first } = this.#column(at);
    for (let sample = 0; sample < this.#samples; sample++) if (first[sample] === UNSAID) first[sample] = UNUSABLE;
  }

  spoilFor(at: number, sample: number): void {
    const { first } = this.#column(at);
    if (first[sample] === UNSAID) first[sample] = UNUSABLE;
  }

  block(at: number, sample: number): void {
    const { first } = this.#column(at);
    if (first[sample] === UNSAID) first[sample] = IN_REFERENCE_BLOCK;
  }

  /**
   * Adds what a record says; false where it contradicts another. Records of one position may each hold one of several alternatives
   * (`bcftools norm -m -`): their alternatives then add up to the genotype.
   */
  state(at: number, sample: number, said: Genotype, alternatives: number): boolean {
    const column = this.#column(at);
    const known = this.#said(column, sample);
    const joined = known === null ? said : join(known, said, (this.#stated[at]! & alternatives) !== 0 || this.#stated[at] === 0 || alternatives === 0);
    if (joined === null) return false;
    column.first[sample] = joined.first;
    column.second[sample] = joined.second;
    column.phase[sample] = joined.phase;
    return true;
  }

  /** A record was gone through: from now on a record with one of its alternatives repeats it. */
  stated(at: number, alternatives: number): void {
    this.#stated[at]! |= alternatives;
  }

  /** One genotype or null by position. */
  genotypes(sample: number, unsaidIsReference: boolean): (Genotype | null)[] {
    return this.#columns.map((column) => {
      const state = column?.first[sample] ?? UNSAID;
      if (state === IN_REFERENCE_BLOCK || (state === UNSAID && unsaidIsReference)) return HOMOZYGOUS_REFERENCE;
      if (column === null) return null;
      const genotype = this.#said(column, sample);
      // half a genotype that is the reference leaves the other half open, as if the position was not read
      return genotype && isHalfReference(genotype) ? null : genotype;
    });
  }

  #said({ first, second, phase }: Column, sample: number): Genotype | null {
    return first[sample]! >= UNSAID ? null : { first: first[sample]!, second: second[sample]!, phase: phase[sample]! };
  }

  #column(at: number): Column {
    this.#columns[at] ??= {
      first: new Uint8Array(this.#samples).fill(UNSAID),
      second: new Uint8Array(this.#samples).fill(UNSAID),
      phase: new Int32Array(this.#samples).fill(UNPHASED),
    };
    return this.#columns[at];
  }
}

const HOMOZYGOUS_REFERENCE: Genotype = { first: REFERENCE, second: REFERENCE, phase: UNPHASED };

const isHalfReference = ({ first, second }: Genotype): boolean => (first === NO_ALLELE && second === REFERENCE) || (first === REFERENCE && second === NO_ALLELE);

const isAlternative = (code: number): boolean => code !== REFERENCE && code !== NO_ALLELE;

/** Two statements about one position as one, or null where they contradict; `repeated`: they speak of the same alternatives. */
const join = (one: Genotype, two: Genotype, repeated: boolean): Genotype | null => {
  const same = (one.first === two.first && one.second === two.second) || (one.first === two.second && one.second === two.first);
  if (same) return one.phase === UNPHASED ? two : one;
  if (repeated) return null;
  const alternatives = [one.first, one.second, two.first, two.second].filter(isAlternative);
  if (alternatives.length > 2) return null;
  const phased = one.phase !== UNPHASED && one.phase === two.phase;
  if (phased) {
    const first = strongest(one.first, two.first);
    const second = strongest(one.second, two.second);
    return first === null || second === null ? null : { first, second, phase: one.phase };
  }
  if (alternatives.length === 2) return { first: alternatives[0]!, second: alternatives[1]!, phase: UNPHASED };
  const others = [one.first, one.second, two.first, two.second].includes(REFERENCE) ? REFERENCE : NO_ALLELE;
  return { first: alternatives[0] ?? REFERENCE, second: others, phase: UNPHASED };
};

/** On one chromosome: an alternative over the reference over nothing; two alternatives contradict. */
const strongest = (one: number, two: number): number | null => {
  if (isAlternative(one) && isAlternative(two)) return one === two ? one : null;
  if (isAlternative(one) || two === NO_ALLELE) return one;
  return two;
};

/** The alternatives among codes, as bits. */
export const alternativeBits = (codes: readonly number[]): number => codes.reduce((bits, code) => (isAlternative(code) ? bits | (1 << code) : bits), 0);
