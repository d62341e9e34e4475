import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import cyp2c9 from '../../../config/pharmacogenomics/cyp2c9.json' with { type: 'json' };
import { CONCEPTS } from '../../../lambdas/domain/lake/concepts.ts';
import { readGene } from '../../../lambdas/domain/pharmacogenomics/gene-definition.ts';
import { GENES } from '../../../lambdas/domain/pharmacogenomics/genes.ts';

const SHARED = join(import.meta.dirname, '../../../../shared/data/pharmcat-vcf/definition');

describe('allele definitions', () => {
  it('hold every allele and position of their version', () => {
    assert.deepEqual(
      GENES.map(({ gene, positions, alleles, version }) => [gene, positions.length, alleles.length, version]),
      [
        ['CYP2C9', 83, 88, '2025-11-05-00-25'],
        ['VKORC1', 1, 2, '2025-11-05-00-25'],
        ['CYP4F2', 20, 22, '2025-11-05-00-25'],
      ],
    );
  });

  it('have one reference allele, positions in order and concepts that the catalog knows', () => {
    for (const { alleles, positions, reported, required } of GENES) {
      assert.equal(alleles.filter(({ reference }) => reference).length, 1);
      assert.ok(positions.every(({ position }, index) => index === 0 || position > positions[index - 1]!.position));
      assert.ok(required.length > 0);
      for (const concept of [reported.diplotype ?? [], reported.genotypes.map(({ concept }) => concept)].flat()) assert.ok(Object.hasOwn(CONCEPTS, concept), concept);
      if (reported.diplotype) for (const suffix of ['_candidate', '_partial']) assert.ok(Object.hasOwn(CONCEPTS, reported.diplotype + suffix));
    }
  });

  it('no two alleles of a gene are the same', () => {
    for (const { alleles } of GENES) assert.equal(new Set(alleles.map(({ allowed }) => allowed.join())).size, alleles.length);
  });

  it('stand on GRCh37 where rs1799853, rs1057910, rs9923231 and rs2108622 do (dbSNP)', () => {
    const known: Record<string, number> = { rs1799853: 96_702_047, rs1057910: 96_741_053, rs9923231: 31_107_689, rs2108622: 15_990_431 };
    const found = Object.fromEntries(
      GENES.flatMap(({ positions, grch37 }) => positions.flatMap(({ rsid, position }) => (rsid && known[rsid] ? [[rsid, position + grch37.offset]] : []))),
    );
    assert.deepEqual(found, known);
  });

  it('refuse an allele that its position does not have, and a position that is not there', () => {
    const changed = (defined: Record<string, string>) => ({ ...cyp2c9, alleles: [...cyp2c9.alleles, { name: '*999', id: 'x', defined }] });
    assert.throws(() => readGene(changed({ '94942290': 'G' })), /position 94942290 has no allele G/);
    assert.throws(() => readGene(changed({ '5': 'G' })), /CYP2C9 has no position 5/);
  });

  it('equal PharmCAT’s, where they are at hand', (test) => {
    if (!existsSync(SHARED)) return test.skip('no ../shared/data');
    for (const { gene, positions, alleles } of GENES.filter(({ gene }) => gene !== 'CYP4F2')) {
      const theirs = JSON.parse(readFileSync(join(SHARED, `${gene}_translation.json`), 'utf8'));
      assert.deepEqual(
        positions.map(({ position, rsid, ref, alts }) => ({ position, rsid, ref, alts })),
        theirs.variants.map(({ position, rsid, ref, alts }: Record<string, unknown>) => ({ position, rsid, ref, alts })),
      );
      assert.deepEqual(
        alleles.map(({ name, defined, reference }) => [name, reference ? null : defined.map((at) => positions[at]!.position)]),
        theirs.namedAlleles.map(({ name, reference, corePositions }: Record<string, unknown>) => [name, reference ? null : corePositions]),
      );
    }
  });
});
