import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GENES } from '../../../lambdas/domain/pharmacogenomics/genes.ts';
import { NO_ALLELE, UNDEFINED_ALLELE } from '../../../lambdas/domain/pharmacogenomics/match-diplotypes.ts';
import { codesAt } from '../../../lambdas/domain/pharmacogenomics/variant-codes.ts';

const at = (position: number) => GENES[0]!.positions.find((each) => each.position === position)!;
const codes = (position: number, from: number, ref: string, ...alts: string[]) => {
  const said = codesAt(at(position), { position: from, ref, alts });
  return typeof said === 'string' ? said : said.codes;
};

describe('a record at a single base', () => {
  it('is read as it stands, whatever the order of its alternatives', () => {
    assert.deepEqual(codes(94942234, 94942234, 'G', 'A', 'T'), [0, 1, 2]);
    assert.deepEqual(codes(94942234, 94942234, 'G', 'T', 'A'), [0, 2, 1]);
    assert.deepEqual(codes(94942290, 94942290, 'C'), [0]);
    assert.deepEqual(codes(94942290, 94942290, 'C', 'G', 'CT'), [0, UNDEFINED_ALLELE, UNDEFINED_ALLELE]);
    assert.deepEqual(codes(94942290, 94942290, 'C', 'T', '<NON_REF>', '*'), [0, 1, NO_ALLELE, NO_ALLELE]);
  });

  it('is found in longer records', () => {
    assert.deepEqual(codes(94942290, 94942289, 'CC', 'CT'), [0, 1]);
    assert.deepEqual(codes(94942290, 94942290, 'CT', 'TT', 'C'), [0, 1, 0]);
    assert.deepEqual(codes(94942290, 94942290, 'CT', 'C'), 'unrelated', 'a deletion beside it');
    assert.deepEqual(codes(94942290, 94942291, 'G', 'A'), 'unrelated');
    assert.deepEqual(codes(94942216, 94942212, 'AAGAAATGGAA', 'A'), 'unrelated', 'a deletion over it');
  });

  it('contradicts the reference where its base is another', () => {
    assert.equal(codes(94942290, 94942290, 'T', 'C'), 'contradicts-reference');
    assert.equal(codes(94942290, 94942289, 'CG', 'C'), 'contradicts-reference');
    assert.equal(codes(94942205, 94942210, 'GC', 'G'), 'contradicts-reference', 'within the window of a deletion');
  });
});

describe('a deletion', () => {
  it('is the same however it is written', () => {
    for (const [from, ref, alt] of [
      [94942205, 'CAATGGAAAGA', 'C'],
      [94942212, 'AAGAAATGGAA', 'A'],
      [94942206, 'AATGGAAAGAA', 'A'],
      [94942205, 'CAATGGAAAGAAAT', 'CAAT'],
    ] as const)
      assert.deepEqual(codes(94942205, from, ref, alt), [0, 1], ref);
    assert.deepEqual(codes(94949281, 94949282, 'AA', 'A'), [0, 1]);
    assert.deepEqual(codes(94949281, 94949281, 'GAA', 'GA'), [0, 1]);
  });

  it('is another where it leaves another sequence', () => {
    assert.deepEqual(codes(94949281, 94949281, 'GAA', 'G', 'GA'), [0, UNDEFINED_ALLELE, 1]);
    assert.equal(codes(94949281, 94949282, 'A', 'G'), 'unrelated');
  });

  it('cannot be told from its first base alone', () => {
    assert.equal(codes(94949281, 94949281, 'G'), 'other-reference-allele');
    assert.equal(codes(94949281, 94949281, 'G', '<NON_REF>'), 'unrelated');
    assert.deepEqual(codes(94949281, 94949281, 'GA'), [0]);
  });

  it('keeps its meaning under any padding and shift within its window', () => {
    const indels = GENES.flatMap(({ positions }) => positions.filter(({ window }) => window));
    assert.equal(indels.length, 3);
    fc.assert(
      fc.property(fc.constantFrom(...indels), fc.nat(40), fc.nat(40), (position, start, length) => {
        const { start: first, sequence } = position.window!;
        const deleted = position.ref.length - 1;
        const left = `${position.alts[0]}${sequence.slice(position.ref.length)}`;
        const from = start % (sequence.length - deleted);
        const ref = sequence.slice(from, Math.min(sequence.length, from + deleted + 1 + (length % 20)));
        const alt = ref.slice(0, 1) + ref.slice(1 + deleted);
        const changed = sequence.slice(0, from) + alt + sequence.slice(from + ref.length);
        const said = codesAt(position, { position: first + from, ref, alts: [alt] });
        if (changed === left) assert.deepEqual(said, { codes: [0, 1] });
        else assert.ok(typeof said === 'string' || !said.codes.includes(1));
      }),
    );
  });
});
