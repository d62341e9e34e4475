import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GENES } from '../../../lambdas/domain/pharmacogenomics/genes.ts';
import { type Genotype, NO_ALLELE, UNDEFINED_ALLELE, UNPHASED, matchDiplotypes } from '../../../lambdas/domain/pharmacogenomics/match-diplotypes.ts';
import { pharmcatCandidates } from './pharmcat-oracle.ts';

const [CYP2C9, VKORC1, CYP4F2] = GENES as [(typeof GENES)[0], (typeof GENES)[0], (typeof GENES)[0]];
const REFERENCE: Genotype = { first: 0, second: 0, phase: UNPHASED };
const HETEROZYGOUS: Genotype = { first: 0, second: 1, phase: UNPHASED };
const HOMOZYGOUS: Genotype = { first: 1, second: 1, phase: UNPHASED };

const sample = (gene: typeof CYP2C9, said: Record<number, Genotype | null>, elsewhere: Genotype | null = REFERENCE) =>
  gene.positions.map(({ position }) => (position in said ? said[position]! : elsewhere));
const names = (gene: typeof CYP2C9, said: Record<number, Genotype | null>, elsewhere?: Genotype | null) => {
  const { outcome, candidates } = matchDiplotypes(gene, sample(gene, said, elsewhere));
  return [outcome, ...candidates.map(({ diplotype }) => diplotype)];
};

describe('diplotypes of CYP2C9', () => {
  it('are what PharmCAT’s tests expect', () => {
    assert.deepEqual(names(CYP2C9, {}), ['called', '*1/*1']);
    assert.deepEqual(names(CYP2C9, { 94942290: HETEROZYGOUS, 94981296: HETEROZYGOUS }), ['called', '*2/*3']);
    assert.deepEqual(names(CYP2C9, { 94942290: HETEROZYGOUS, 94981281: HETEROZYGOUS }), ['called', '*2/*24']);
    assert.deepEqual(names(CYP2C9, { 94942290: HETEROZYGOUS, 94981281: HOMOZYGOUS }), ['no-call']);
    assert.deepEqual(names(CYP2C9, { 94981281: HOMOZYGOUS }), ['called', '*24/*24']);
    assert.deepEqual(names(CYP2C9, { 94942290: HETEROZYGOUS, 94942205: HETEROZYGOUS }), ['called', '*2/*25']);
  });

  it('keep every arrangement that unphased genotypes allow, the best score first', () => {
    const both = { 94949280: HETEROZYGOUS, 94989020: HETEROZYGOUS };
    assert.deepEqual(names(CYP2C9, both), ['ambiguous', '*1/*71', '*10/*12']);
    const phased = (second: Genotype) => ({ 94949280: { first: 0, second: 1, phase: 0 }, 94989020: second });
    assert.deepEqual(names(CYP2C9, phased({ first: 0, second: 1, phase: 0 })), ['called', '*1/*71']);
    assert.deepEqual(names(CYP2C9, phased({ first: 1, second: 0, phase: 0 })), ['called', '*10/*12']);
    assert.deepEqual(names(CYP2C9, phased({ first: 1, second: 0, phase: 7 })), ['ambiguous', '*1/*71', '*10/*12'], 'phase sets are not phased with each other');
  });

  it('never take a position for the reference that was not read', () => {
    assert.deepEqual(names(CYP2C9, { 94942290: null }), ['partial', '*1/*1'], '*2 cannot be told from *1');
    assert.deepEqual(names(CYP2C9, { 94942018: null }), ['called', '*1/*1'], '*40 drops out; it is not needed for warfarin');
    assert.deepEqual(names(CYP2C9, { 94981296: null, 94986073: HETEROZYGOUS }), ['partial', '*1/*18']);
    assert.deepEqual(names(CYP2C9, {}, null), ['no-call']);
    assert.deepEqual(names(CYP2C9, { 94942290: HOMOZYGOUS }, null).length, 7, '*2, *35 and *61 cannot be told apart by *2’s position alone');
  });

  it('are partial where half a genotype is open, and none where an allele is not defined', () => {
    assert.deepEqual(names(CYP2C9, { 94942290: { first: NO_ALLELE, second: 1, phase: UNPHASED } }), ['partial']);
    assert.deepEqual(names(CYP2C9, { 94942290: { first: 0, second: UNDEFINED_ALLELE, phase: UNPHASED } }), ['no-call']);
  });

  it('tell *36 with and without the base of *5', () => {
    assert.deepEqual(names(CYP2C9, { 94938683: HETEROZYGOUS }), ['called', '*1/*36']);
    assert.deepEqual(names(CYP2C9, { 94938683: HETEROZYGOUS, 94981301: HETEROZYGOUS }), ['ambiguous', '*1/*36', '*5/*36']);
  });
});

describe('diplotypes of VKORC1 and CYP4F2', () => {
  it('name the alleles as the definitions do', () => {
    assert.deepEqual(names(VKORC1, { 31096368: HETEROZYGOUS }), ['called', 'rs9923231 reference (C)/rs9923231 variant (T)']);
    assert.deepEqual(names(CYP4F2, { 15879621: HETEROZYGOUS, 15897578: HETEROZYGOUS }), ['ambiguous', '*1/*4', '*2/*3']);
    assert.deepEqual(names(CYP4F2, { 15879621: HETEROZYGOUS, 15897578: HOMOZYGOUS }), ['called', '*2/*4']);
  });
});

describe('matching by alleles', () => {
  const TELLING = [94938683, 94942234, 94942249, 94942290, 94942309, 94949280, 94981296, 94981301, 94981371, 94986073, 94988925, 94989020];
  const genotype = (alts: number) =>
    fc.option(fc.record({ first: fc.integer({ min: 0, max: alts }), second: fc.integer({ min: 0, max: alts }), phase: fc.constantFrom(UNPHASED, UNPHASED, 0, 1, 2) }), { freq: 6 });

  it('finds the pairs and scores that PharmCAT’s way of trying all sequences finds', () => {
    let found = 0;
    const said = fc.record(Object.fromEntries(TELLING.map((position) => [position, genotype(CYP2C9.positions.find((each) => each.position === position)!.alts.length)])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(
        fc.oneof(
          said,
          fc.subarray(TELLING, { maxLength: 4 }).map((chosen) => Object.fromEntries(chosen.map((position) => [position, HETEROZYGOUS]))),
        ),
        (variations) => {
          const genotypes = sample(CYP2C9, variations as Record<number, Genotype | null>);
          const ours = matchDiplotypes(CYP2C9, genotypes).candidates;
          const theirs = pharmcatCandidates(CYP2C9, genotypes);
          found += theirs.length > 0 ? 1 : 0;
          const inOrder = (candidates: readonly { diplotype: string; score: number }[]) => candidates.map(({ diplotype, score }) => `${diplotype} ${score}`).sort();
          assert.deepEqual(inOrder(ours), inOrder(theirs));
        },
      ),
      { numRuns: 400, seed: 20260101 },
    );
    assert.ok(found > 100, `${found} samples with a diplotype`);
  });

  it('finds any two alleles again from what they make up, phased', () => {
    for (const gene of GENES) {
      const allele = fc.constantFrom(...gene.alleles);
      fc.assert(
        fc.property(allele, allele, (one, two) => {
          const lowest = (bits: number) => 31 - Math.clz32(bits);
          const genotypes = gene.positions.map((_, at) => ({ first: lowest(one.allowed[at]!), second: lowest(two.allowed[at]!), phase: 0 }));
          const { candidates } = matchDiplotypes(gene, genotypes);
          const expected = [one.name, two.name].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).join('/');
          assert.ok(
            candidates.some(({ diplotype }) => diplotype === expected),
            expected,
          );
        }),
        { numRuns: 300, seed: 20260101 },
      );
    }
  });

  it('does not slow down with the number of unphased heterozygous positions', () => {
    const { candidates } = matchDiplotypes(
      CYP2C9,
      CYP2C9.positions.map(() => HETEROZYGOUS),
    );
    assert.deepEqual(candidates, []);
  });
});
