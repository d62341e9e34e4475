import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { csvCells } from '../../../lambdas/domain/lake/csv-records.ts';
import { read } from './vcf-text.ts';

const SHARED = join(import.meta.dirname, '../../../../shared/data/pharmcat-vcf');
const isThere = existsSync(SHARED);
const skip = isThere ? false : 'no ../shared/data';
const of = async (path: string) => read(readFileSync(join(SHARED, path)));

describe('PharmCAT’s own test files', { skip }, () => {
  const [, ...rows] = isThere ? readFileSync(join(SHARED, 'expected_calls.csv'), 'utf8').trim().split(/\r?\n/) : [''];
  for (const row of rows) {
    const [path, gene, expected] = csvCells(row)!;
    it(`${path}: ${gene} is ${expected || 'not called'}`, async () => {
      const calls = (await of(path!)).units.flatMap(({ call }) => (call?.gene === gene ? [call] : []));
      assert.equal(calls.length, 1);
      assert.equal(calls[0]!.diplotype, expected === '' ? null : expected);
      assert.equal(calls[0]!.outcome, expected === '' ? 'no-call' : 'called');
    });
  }

  it('every file ends in calls, findings or a refusal', async () => {
    for (const folder of ['cyp2c9', 'vkorc1', 'examples', 'malformed-and-edge'])
      for (const name of readdirSync(join(SHARED, folder)).filter((each) => each.endsWith('.vcf'))) {
        const { units, refusals } = await of(join(folder, name));
        assert.ok(units.length > 0 || refusals.length === 1, name);
      }
  });

  it('a reference allele that is not the definition’s leaves its position unread, and is told', async () => {
    const { units, calls } = await of('malformed-and-edge/NamedAlleleMatcher-mismatchedRefAllele.vcf');
    assert.equal(calls['NA12878 CYP2C9'], '*1/*2 partial');
    assert.deepEqual(
      units.flatMap((unit) => ('findings' in unit ? unit.findings.map(({ field, reason }) => `${unit.where} ${field} ${reason}`) : [])),
      ['line 44 REF at rs1304490498 reference-mismatch', 'line 67 REF at rs9332131 reference-mismatch'],
    );
  });

  it('chromosomes without a known name refuse the file', async () => {
    assert.deepEqual(
      (await of('malformed-and-edge/raw_bad_chr.vcf')).refusals.map(({ refused }) => refused),
      ['unknown-chromosomes'],
    );
  });

  it('a gVCF block elsewhere and other genes’ records say nothing of these genes', async () => {
    for (const name of ['test_gvcf_block.vcf', 'NamedAlleleMatcher-partialReferenceUnphased.vcf']) {
      const { units, drafts } = await of(`malformed-and-edge/${name}`);
      assert.ok(units.every(({ call }) => call?.outcome === 'no-call'));
      assert.deepEqual(drafts, []);
    }
  });
});
