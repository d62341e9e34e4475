import type { Gene } from '../../../lambdas/domain/pharmacogenomics/gene-definition.ts';
import { type Candidate, type Genotype, UNPHASED } from '../../../lambdas/domain/pharmacogenomics/match-diplotypes.ts';

/**
 * PharmCAT's NamedAlleleMatcher as it is described and written (CombinationUtil, MatchData, DiplotypeMatcher): all sequences that the
 * genotypes allow are made, each compared with each allele, and pairs of complementary sequences sought. Exponential in the number of
 * unphased heterozygous positions.
 */
export const pharmcatCandidates = (gene: Gene, genotypes: readonly (Genotype | null)[]): Candidate[] => {
  const read = genotypes.flatMap((genotype, at) => (genotype ? [{ at, genotype }] : []));
  const sequences = new Set<string>();
  const grow = (index: number, sequence: number[], turned: ReadonlyMap<number, boolean>): void => {
    if (index === read.length) return void sequences.add(sequence.join(' '));
    const { first, second, phase } = read[index]!.genotype;
    const sides = first === second ? [true] : phase !== UNPHASED && turned.has(phase) ? [turned.get(phase)!] : [true, false];
    for (const side of sides) grow(index + 1, [...sequence, side ? first : second], first !== second && phase !== UNPHASED ? new Map([...turned, [phase, side]]) : turned);
  };
  grow(0, [], new Map());
  const all = [...sequences].map((text) => text.split(' ').map(Number));
  const matches = gene.alleles.flatMap((allele) => {
    const score = read.filter(({ at }) => allele.defined.includes(at)).length;
    const matched = all.filter((sequence) => sequence.every((code, index) => code < 30 && (allele.allowed[read[index]!.at]! & (1 << code)) !== 0));
    return score > 0 && matched.length > 0 ? [{ allele, score, matched }] : [];
  });
  const scoreOf = ({ allele, score }: (typeof matches)[number], sequence: number[]): number =>
    score - read.filter(({ at }, index) => allele.wobbles.includes(at) && sequence[index] === 0).length;
  const complementary = (a: number[], b: number[]): boolean =>
    read.every(({ genotype: { first, second } }, index) => (first === second ? a[index] === b[index] : a[index] !== b[index]));
  return matches.flatMap((one, index) =>
    matches.slice(index).flatMap((two) => {
      const scores = one.matched.flatMap((a) => two.matched.filter((b) => complementary(a, b)).map((b) => scoreOf(one, a) + scoreOf(two, b)));
      return scores.length === 0 ? [] : [{ diplotype: `${one.allele.name}/${two.allele.name}`, score: Math.max(...scores) }];
    }),
  );
};
