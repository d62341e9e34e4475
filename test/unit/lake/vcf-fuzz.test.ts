import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import VCFParser from '@gmod/vcf';
import fc from 'fast-check';
import { QUARANTINE_REASONS, REFUSAL_REASONS } from '../../../config/catalog/quarantine-reasons.ts';
import { GENES } from '../../../lambdas/domain/pharmacogenomics/genes.ts';
import { type Genotype, UNPHASED, matchDiplotypes } from '../../../lambdas/domain/pharmacogenomics/match-diplotypes.ts';
import { mutate, seeded } from './mutate.ts';
import { type Variations, read, wholeFile } from './vcf-text.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/vcf');
const WORDS = [
  '\t',
  '\n',
  '\r\n',
  '0/1',
  '1|0',
  './.',
  '.|1',
  '9/9',
  'GT:AD:PS',
  '<NON_REF>',
  'END=99999999',
  'chr10\t94942290\t.\tC\tT\t',
  'chr16',
  '94981296',
  '##contig=<ID=chr10',
  '#CHROM',
  '\0',
  '\xff\xfe',
  '99999999999',
  'N',
  '*',
  ';',
];
const RUNS = 10_000;

/** Whether @gmod/vcf, strict, takes the lines up to and with `#CHROM` for a header. */
const isHeader = (text: string): boolean => {
  const header = /^[\s\S]*?\n#CHROM[^\n]*/.exec(text)?.[0];
  if (header === undefined) return false;
  try {
    new VCFParser({ header });
    return true;
  } catch {
    return false;
  }
};

const ALLELES = new Set(GENES.flatMap(({ alleles }) => alleles.map(({ name }) => name)));

describe('damaged VCF', () => {
  it(`gives calls, findings or a refusal for each of ${RUNS}, never an error, and no call of a header that @gmod/vcf refuses`, async () => {
    const sources = readdirSync(FIXTURES)
      .filter((name) => name.endsWith('.vcf'))
      .map((name) => readFileSync(join(FIXTURES, name)));
    const random = seeded(20260101);
    const met = { refused: 0, findings: 0, calls: 0 };
    for (let run = 0; run < RUNS; run++) {
      const bytes = mutate(sources[run % sources.length]!, WORDS, random);
      const { units, refusals } = await read(
        bytes,
        run % 2 ? {} : { referenceBlocks: 'all', missingPositions: 'reference', failedFilters: 'read' },
        1 + Math.floor(random() * 5000),
      );
      assert.ok(refusals.length <= 1);
      for (const { refused } of refusals) assert.ok(Object.hasOwn(REFUSAL_REASONS, refused));
      met.refused += refusals.length;
      if (refusals.length > 0) continue;
      assert.ok(isHeader(bytes.toString('utf8').replace(/^\uFEFF/, '')), 'a header that the library refuses is refused');
      for (const unit of units) {
        if ('findings' in unit) {
          met.findings += 1;
          for (const { reason } of unit.findings) assert.ok(Object.hasOwn(QUARANTINE_REASONS, reason));
        }
        const diplotypes = unit.call?.diplotype?.split(' or ') ?? [];
        met.calls += diplotypes.length;
        for (const diplotype of diplotypes) for (const allele of diplotype.split('/')) assert.ok(ALLELES.has(allele), 'an allele of the definitions');
      }
    }
    assert.ok(met.refused > 1000 && met.findings > 1000 && met.calls > 1000, JSON.stringify(met));
  });
});

describe('any genotypes at all positions', () => {
  const PHASES = { '/': UNPHASED, '|': 0 } as const;
  const genotype = (alts: number) =>
    fc.tuple(fc.integer({ min: 0, max: alts }), fc.constantFrom('/', '|'), fc.integer({ min: 0, max: alts })) as fc.Arbitrary<[number, '/' | '|', number]>;
  const positions = GENES.flatMap((gene) => gene.positions);
  const chosen = fc
    .subarray(positions, { minLength: 1, maxLength: 6 })
    .chain((some) => fc.tuple(...some.map((position) => genotype(position.alts.length).map((said) => ({ position, said })))));

  it('are matched as they were written', async () => {
    await fc.assert(
      fc.asyncProperty(chosen, async (variations) => {
        const written: Variations = Object.fromEntries(variations.map(({ position, said }) => [position.position, said.join('')]));
        const { calls } = await read(wholeFile(written));
        for (const gene of GENES) {
          const genotypes = gene.positions.map((position): Genotype => {
            const [first, separator, second] = variations.find((each) => each.position === position)?.said ?? [0, '/' as const, 0];
            return { first, second, phase: PHASES[separator] };
          });
          const { candidates, outcome } = matchDiplotypes(gene, genotypes);
          assert.equal(calls[`S1 ${gene.gene}`], `${candidates.map(({ diplotype }) => diplotype).join(' or ') || null} ${outcome}`);
        }
      }),
      { numRuns: 300, seed: 20260101 },
    );
  });
});
