import { type Gene, type NamedAllele, REFERENCE } from './gene-definition.ts';

/** An allele that the definition does not have at its position. */
export const UNDEFINED_ALLELE = 30;
/** The half of a genotype that was not called. */
export const NO_ALLELE = 31;

/** The heterozygous positions of one phase group lie on the chromosomes as they are written; any number of groups are turned independently. */
export const UNPHASED = -1;

/** What a sample has at one position: two codes, the phase group or `UNPHASED`. */
export type Genotype = { first: number; second: number; phase: number };

export type Candidate = { diplotype: string; score: number };

export type GeneCall = {
  outcome: 'called' | 'ambiguous' | 'partial' | 'no-call';
  /** every diplotype that the genotypes allow, the best-scoring first */
  candidates: readonly Candidate[];
  /** positions without a genotype, as indices */
  missing: readonly number[];
};

/**
 * The diplotypes that a sample's genotypes allow, one genotype or null by position of the gene. As PharmCAT's NamedAlleleMatcher matches: an
 * allele that leaves a position open has the reference there; a position without a genotype counts for no allele, and an allele that is
 * left without any drops out; a score is the number of positions that define the two alleles. Other than PharmCAT, which answers the best
 * score alone, all diplotypes that the phase allows are kept: its authors call the score a way to choose, not a likelihood.
 */
export const matchDiplotypes = (gene: Gene, genotypes: readonly (Genotype | null)[]): GeneCall => {
  const missing = gene.positions.flatMap((_, at) => (genotypes[at] ? [] : [at]));
  if (missing.length === gene.positions.length) return { outcome: 'no-call', candidates: [], missing };
  if (genotypes.some((genotype) => genotype && (genotype.first === NO_ALLELE || genotype.second === NO_ALLELE))) return { outcome: 'partial', candidates: [], missing };
  const possible = gene.alleles.flatMap((allele) => {
    const score = allele.defined.reduce((sum, at) => (genotypes[at] ? sum + 1 : sum), 0);
    return score > 0 && fits(allele, genotypes) ? [{ allele, score }] : [];
  });
  const candidates: Candidate[] = [];
  for (const [index, one] of possible.entries()) {
    for (const two of possible.slice(index)) {
      const lost = pairing(one.allele, two.allele, genotypes);
      if (lost !== null) candidates.push({ diplotype: [one.allele.name, two.allele.name].sort(inNameOrder).join('/'), score: one.score + two.score - lost });
    }
  }
  candidates.sort((a, b) => b.score - a.score || inNameOrder(a.diplotype, b.diplotype));
  return { outcome: outcomeOf(gene, candidates, missing), candidates, missing };
};

const outcomeOf = (gene: Gene, candidates: readonly Candidate[], missing: readonly number[]): GeneCall['outcome'] => {
  if (candidates.length === 0) return 'no-call';
  if (candidates.length > 1) return 'ambiguous';
  return gene.required.some((at) => missing.includes(at)) ? 'partial' : 'called';
};

const allows = (allele: NamedAllele, at: number, code: number): boolean => (allele.allowed[at]! & (1 << code)) !== 0 && code < UNDEFINED_ALLELE;

/** Whether the allele could be one of the sample's two, each position for itself. */
const fits = (allele: NamedAllele, genotypes: readonly (Genotype | null)[]): boolean =>
  genotypes.every((genotype, at) => !genotype || allows(allele, at, genotype.first) || allows(allele, at, genotype.second));

/**
 * Whether two alleles make up the sample in an arrangement that the phase allows: null if not, else the least number of positions at which
 * an open base (a wobble) is the reference, which defines nothing and is taken off the score.
 */
const pairing = (one: NamedAllele, two: NamedAllele, genotypes: readonly (Genotype | null)[]): number | null => {
  const groups = new Map<number, [number, number]>();
  let lost = 0;
  for (const [at, genotype] of genotypes.entries()) {
    if (!genotype) continue;
    const { first, second, phase } = genotype;
    const straight = costOf(one, two, at, first, second);
    if (first === second) {
      if (straight === IMPOSSIBLE) return null;
      lost += straight;
      continue;
    }
    const turned = costOf(one, two, at, second, first);
    if (phase === UNPHASED) {
      const least = Math.min(straight, turned);
      if (least === IMPOSSIBLE) return null;
      lost += least;
      continue;
    }
    const [asWritten, exchanged] = groups.get(phase) ?? [0, 0];
    groups.set(phase, [asWritten + straight, exchanged + turned]);
  }
  for (const [asWritten, exchanged] of groups.values()) lost += Math.min(asWritten, exchanged);
  return lost === IMPOSSIBLE ? null : lost;
};

const IMPOSSIBLE = Number.POSITIVE_INFINITY;

const costOf = (one: NamedAllele, two: NamedAllele, at: number, ofOne: number, ofTwo: number): number => {
  if (!allows(one, at, ofOne) || !allows(two, at, ofTwo)) return IMPOSSIBLE;
  return Number(ofOne === REFERENCE && one.wobbles.includes(at)) + Number(ofTwo === REFERENCE && two.wobbles.includes(at));
};

const collator = new Intl.Collator('en', { numeric: true });
/** `*2` before `*10`. */
const inNameOrder = (a: string, b: string): number => collator.compare(a, b);
