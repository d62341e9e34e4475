import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { GENES } from '../../../lambdas/domain/pharmacogenomics/genes.ts';
import { setFile } from '../../../lambdas/adapters/set-files.ts';
import { VcfMap } from '../../../lambdas/domain/lake/formats/vcf/map.ts';
import { readVcf } from '../../../lambdas/domain/lake/formats/vcf/read.ts';
import { eachUnit } from '../../../lambdas/domain/lake/reading.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { HEADER, VCF, columns, everyRecord, read, record, textOf, wholeFile } from './vcf-text.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/vcf');
const cyp2c9 = GENES[0]!;
const findingsOf = (units: Awaited<ReturnType<typeof read>>['units']) =>
  units.flatMap((unit) => ('findings' in unit ? unit.findings.map(({ field, reason }) => `${unit.where}: ${field} ${reason}`) : []));
const values = (drafts: Awaited<ReturnType<typeof read>>['drafts'], table: string) =>
  drafts.filter((draft) => draft.table === table).map(({ values }) => [(values as Record<string, unknown>)[`${table}_source_value`], values['value_source_value' as never]]);

describe('the shipped VCF files', () => {
  for (const name of readdirSync(FIXTURES).filter((each) => each.endsWith('.vcf'))) {
    it(`${name} comes out as written beside it`, async () => {
      const { units, refusals, calls } = await read(readFileSync(join(FIXTURES, name)));
      const came = {
        refused: refusals.map(({ refused }) => refused),
        read: units.length,
        calls,
        quarantined: findingsOf(units),
      };
      assert.deepEqual(came, JSON.parse(readFileSync(join(FIXTURES, name.replace('.vcf', '.expected.json')), 'utf8')));
    });
  }

  it('come out the same through gzip, as several members too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vcf-test-'));
    try {
      const content = readFileSync(join(FIXTURES, 'three-genes.vcf'));
      const path = join(folder, 'bgzip.vcf.gz');
      writeFileSync(path, Buffer.concat([gzipSync(content.subarray(0, 3000)), gzipSync(content.subarray(3000))]));
      const calls: unknown[] = [];
      for await (const units of readVcf([setFile(0, path, 1, 'x.vcf.gz')], VCF))
        for (const unit of eachUnit(units)) calls.push('call' in unit ? [unit.call?.diplotype, unit.call?.outcome] : unit);
      const plain = (await read(content)).units.map(({ call }) => [call?.diplotype, call?.outcome]);
      assert.deepEqual(calls, plain);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('rows of a VCF', () => {
  it('are the diplotypes under the names that models read, and how they came out', async () => {
    const { drafts } = await read(wholeFile({ 94942290: '0/1', 31096368: '0/1', 15879621: '1/1' }));
    assert.deepEqual(values(drafts, 'measurement'), [
      ['cyp2c9', '*1/*2'],
      ['vkorc1_1639', 'A/G'],
      ['cyp4f2', '*3/*3'],
      ['cyp4f2_rs2108622', 'T/T'],
    ]);
    assert.deepEqual(values(drafts, 'observation'), [
      ['genotype_call', 'CYP2C9 called'],
      ['genotype_call', 'VKORC1 called'],
      ['genotype_call', 'CYP4F2 called'],
    ]);
    assert.deepEqual(new Set(drafts.map(({ record }) => record)), new Set(['S1 CYP2C9', 'S1 VKORC1', 'S1 CYP4F2']));
    assert.ok(drafts.every(({ values }) => Object.entries(values).every(([column, value]) => !column.endsWith('_date') || value === '2024-02-29')));
  });

  it('of a call that is not plain never stand under the diplotype’s own name', async () => {
    const ambiguous = await read(wholeFile({ 15879621: '0/1', 15897578: '0/1' }));
    assert.deepEqual(
      values(ambiguous.drafts, 'measurement').filter(([concept]) => String(concept).startsWith('cyp4f2')),
      [
        ['cyp4f2_candidate', '*1/*4'],
        ['cyp4f2_candidate', '*2/*3'],
        ['cyp4f2_rs2108622', 'C/T'],
      ],
    );
    assert.equal(ambiguous.calls['S1 CYP4F2'], '*1/*4 or *2/*3 ambiguous');
    const partial = await read(wholeFile({ 94981296: './.' }));
    assert.deepEqual(values(partial.drafts, 'measurement')[0], ['cyp2c9_partial', '*1/*1']);
    assert.deepEqual(values(partial.drafts, 'observation').slice(0, 2), [
      ['genotype_call', 'CYP2C9 partial'],
      ['genotype_missing_position', 'rs1057910'],
    ]);
    const half = await read(wholeFile({ 94981296: './1', 31096368: '0/.' }));
    assert.equal(half.calls['S1 CYP2C9'], 'null partial');
    assert.equal(half.calls['S1 VKORC1'], 'null no-call');
    assert.deepEqual(
      values(half.drafts, 'measurement').map(([concept]) => concept),
      ['cyp4f2', 'cyp4f2_rs2108622'],
    );
  });

  it('are none for a gene that the file does not cover', async () => {
    const { units, calls } = await read(textOf(...HEADER, columns('S1'), ...everyRecord({}, [GENES[1]!])));
    assert.deepEqual(calls, { 'S1 CYP2C9': 'null no-call', 'S1 VKORC1': 'rs9923231 reference (C)/rs9923231 reference (C) called', 'S1 CYP4F2': 'null no-call' });
    assert.deepEqual(
      units.map((unit) => 'drafts' in unit && unit.drafts.length),
      [0, 2, 0],
    );
  });

  it('take the date of the map where the file has none that is wanted or real', async () => {
    const dates = async (fileDate: string, map = {}) =>
      new Set(
        (await read(wholeFile().replace('##fileDate=20240229', fileDate), map)).drafts.map(({ values }) => (values as Record<string, unknown>)['measurement_date']).filter(Boolean),
      );
    assert.deepEqual(await dates('##fileDate=2021-03-31T16:53:29.996709-07:00'), new Set(['2021-03-31']));
    for (const none of ['##fileDate=20230229', '##fileDate=yesterday', '##source=x']) assert.deepEqual(await dates(none), new Set([VCF.date.otherwise]));
    assert.deepEqual(await dates('##fileDate=20240229', { date: { ...VCF.date, fileDate: false } }), new Set([VCF.date.otherwise]));
  });

  it('hold nothing of a sample’s name, of INFO, of IDs or of header lines', async () => {
    const planted = 'Jane-Roe-1234567';
    const text = wholeFile({ 94942290: '0/1', 94942309: '0/9' }, planted)
      .replace('##reference', `##SAMPLE=<ID=${planted}>\n##reference`)
      .replaceAll('\t.\tGT', `\tNAME=${planted}\tGT`)
      .replaceAll(/\t\.\t([ACGT]+\t[ACGT,]+\t)/g, `\t${planted}\t$1`);
    const { units, drafts } = await read(text);
    assert.ok(
      units.some((unit) => 'findings' in unit && unit.text.includes(planted)),
      'the quarantine has the text',
    );
    for (const { values } of drafts) assert.doesNotMatch(JSON.stringify(values), /Jane/);
    for (const unit of units) assert.doesNotMatch(JSON.stringify('findings' in unit ? [unit.where, unit.findings] : unit.where), /Jane/);
  });

  it('know the patient by the part of the sample’s name that the map says', async () => {
    const subject = { from: 'sample' as const, pattern: '^RUN\\d+_(P\\d+)_' };
    const text = textOf(...HEADER, columns('RUN1_P7_L001', 'other', 'RUN2_P7_L001'), ...everyRecord().map((line) => `${line}\t0/0\t0/0`));
    const { drafts, units } = await read(text, { subject });
    assert.deepEqual(new Set(drafts.map((draft) => draft.subject)), new Set(['P7']));
    assert.deepEqual(
      new Set(findingsOf(units).map((text) => text.replace(/ (CYP|VK)\w+/, ''))),
      new Set(['sample 2: sample name missing-key', 'sample 3: sample name duplicate-key']),
    );
  });
});

describe('what a VCF leaves open', () => {
  const cyp2c9Without = (position: number) => textOf(...HEADER, columns('S1'), ...everyRecord({ 94942290: '0/1' }).filter((line) => !line.includes(`\t${position}\t`)));

  it('is reference only where the map says so, and not where a record says otherwise', async () => {
    const map = { missingPositions: 'reference' as const };
    assert.equal((await read(cyp2c9Without(94981296))).calls['S1 CYP2C9'], '*1/*2 partial');
    assert.equal((await read(cyp2c9Without(94981296), map)).calls['S1 CYP2C9'], '*1/*2 called');
    assert.equal((await read(wholeFile({ 94981296: './.' }), map)).calls['S1 CYP2C9'], '*1/*1 partial');
    const variantsOnly = textOf(...HEADER, columns('S1'), record('chr10', 94942290, 'C', 'T', '1/1'), record('chr16', 5, 'A', 'G', '0/1'));
    assert.deepEqual((await read(variantsOnly, map)).calls, {
      'S1 CYP2C9': '*2/*2 called',
      'S1 VKORC1': 'rs9923231 reference (C)/rs9923231 reference (C) called',
      'S1 CYP4F2': 'null no-call',
    });
    assert.equal((await read(variantsOnly)).calls['S1 CYP2C9'], '*2/*2 or *2/*35 or *2/*61 or *35/*35 or *35/*61 or *61/*61 ambiguous');
  });

  it('is read from reference blocks only where the map says so', async () => {
    const block = (genotype: string) =>
      textOf(
        ...HEADER,
        columns('S1'),
        record('chr10', 94900000, 'A', '<NON_REF>', genotype).replace('PASS\t.', 'PASS\tEND=95000000'),
        record('chr10', 94942290, 'C', 'T,<NON_REF>', '0/1'),
      );
    assert.equal((await read(block('0/0'), { referenceBlocks: 'all' })).calls['S1 CYP2C9'], '*1/*2 called');
    assert.equal((await read(block('0/0'), { referenceBlocks: 'substitutions' })).calls['S1 CYP2C9'], '*1/*2 partial', '*6 is a deletion');
    assert.match((await read(block('0/0'))).calls['S1 CYP2C9']!, /ambiguous$/);
    assert.match((await read(block('./.'), { referenceBlocks: 'all', missingPositions: 'reference' })).calls['S1 CYP2C9']!, /ambiguous$/);
  });

  it('is a record that failed its filter, unless the map reads those', async () => {
    const failed = wholeFile({ 94942290: '0/1' }).replace('94942290\t.\tC\tT\t.\tPASS', '94942290\t.\tC\tT\t.\tLowQual');
    assert.equal((await read(failed)).calls['S1 CYP2C9'], '*1/*1 partial');
    assert.equal((await read(failed, { failedFilters: 'read' })).calls['S1 CYP2C9'], '*1/*2 called');
    const genotypeFilter = wholeFile({ 94942290: '0/1' }).replaceAll('GT\t0/1', 'GT:FT\t0/1:LowGQ');
    assert.equal((await read(genotypeFilter)).calls['S1 CYP2C9'], '*1/*1 partial');
    assert.equal((await read(genotypeFilter.replace('LowGQ', 'PASS'))).calls['S1 CYP2C9'], '*1/*2 called');
  });

  it('is reference without a read, unless the map reads what is imputed', async () => {
    const deep = (genotype: string, depth: number) => wholeFile().replace(/(94942290\t.*)GT\t0\/0/, `$1GT:AD:DP\t${genotype}:${depth},0:${depth}`);
    assert.equal((await read(deep('0/0', 0))).calls['S1 CYP2C9'], '*1/*1 partial');
    assert.equal((await read(deep('0|0', 0))).calls['S1 CYP2C9'], '*1/*1 partial');
    assert.equal((await read(deep('0/0', 0), { missingPositions: 'reference' })).calls['S1 CYP2C9'], '*1/*1 partial', 'a record is there, and says that it is missing');
    assert.equal((await read(deep('0/0', 0), { uncovered: 'read' })).calls['S1 CYP2C9'], '*1/*1 called');
    assert.equal((await read(deep('0/0', 10))).calls['S1 CYP2C9'], '*1/*1 called');
    assert.equal((await read(deep('0/1', 0))).calls['S1 CYP2C9'], '*1/*2 called', 'what is stated is not assumed');
    const block = (fields: string) =>
      textOf(...HEADER, columns('S1'), record('chr16', 31096300, 'A', '<NON_REF>', 'GT:DP:MIN_DP', fields).replace('PASS\t.', 'PASS\tEND=31096400'));
    assert.equal((await read(block('0/0:12:10'), { referenceBlocks: 'all' })).calls['S1 VKORC1'], 'rs9923231 reference (C)/rs9923231 reference (C) called');
    for (const fields of ['0/0:0:0', '0/0:4:0']) assert.match((await read(block(fields), { referenceBlocks: 'all' })).calls['S1 VKORC1']!, /no-call$/);
  });

  it('is an allele that is no sequence', async () => {
    const starred = (genotype: string) => wholeFile({ 94942290: genotype }).replace('94942290\t.\tC\tT', '94942290\t.\tC\tT,*,<DEL>');
    assert.equal((await read(starred('0/1'))).calls['S1 CYP2C9'], '*1/*2 called');
    assert.equal((await read(starred('0/2'))).calls['S1 CYP2C9'], '*1/*1 partial');
    assert.equal((await read(starred('1/3'))).calls['S1 CYP2C9'], '*1/*1 partial');
  });
});

describe('several records of one position', () => {
  const split = (a: string, g: string) =>
    textOf(
      ...HEADER,
      columns('S1'),
      ...everyRecord().filter((line) => !line.includes('\t94942309\t')),
      record('chr10', 94942309, 'G', 'A', a),
      record('chr10', 94942309, 'G', 'T', g),
    );

  it('add up where each has one of the alternatives', async () => {
    assert.equal((await read(split('0/1', '0/1'))).calls['S1 CYP2C9'], '*8/*27 called');
    assert.equal((await read(split('0/1', '0/0'))).calls['S1 CYP2C9'], '*1/*8 called');
    assert.equal((await read(split('./1', '1/.'))).calls['S1 CYP2C9'], '*8/*27 called');
    assert.equal((await read(split('0|1', '1|0'))).calls['S1 CYP2C9'], '*8/*27 called');
    assert.equal((await read(split('0/0', '1/1'))).calls['S1 CYP2C9'], '*27/*27 called');
  });

  it('contradict each other where they make more than two, or disagree', async () => {
    for (const [a, g] of [
      ['1/1', '0/1'],
      ['0|1', '0|1'],
    ] as const)
      assert.deepEqual(findingsOf((await read(split(a, g))).units), ['sample 1 CYP2C9: GT at rs7900194 contradictory-value']);
    const repeated = (second: string) => `${wholeFile({ 94942290: '0/1' })}${record('10', 94942290, 'C', 'T', second)}\n`;
    assert.equal((await read(repeated('1/0'))).calls['S1 CYP2C9'], '*1/*2 called');
    assert.deepEqual(findingsOf((await read(repeated('0/0'))).units), ['sample 1 CYP2C9: GT at rs1799853 contradictory-value']);
  });
});

describe('records with something against them', () => {
  it('leave out the sample’s gene, not the genes and samples beside it', async () => {
    const lines = everyRecord().map((line) => `${line}\t0/0`);
    const broken = (of: string, to: string) => textOf(...HEADER, columns('S1', 'S2'), ...lines.map((line) => (line.includes('\t94942290\t') ? line.replace(of, to) : line)));
    for (const [fields, reason] of [
      ['GT\t0/2\t0/1', 'GT at rs1799853 unknown-genotype'],
      ['GT\t0/0/1\t0/1', 'GT at rs1799853 unknown-genotype'],
      ['GT\tx\t0/1', 'GT at rs1799853 unknown-genotype'],
      ['GT:AD\t0/1:0,9\t0/1:4,5', 'AD at rs1799853 contradictory-value'],
    ] as const) {
      const { units, calls } = await read(broken('GT\t0/0\t0/0', fields));
      assert.deepEqual(findingsOf(units), [`sample 1 CYP2C9: ${reason}`]);
      assert.equal(calls['S1 CYP2C9'], 'null no-call');
      assert.equal(calls['S2 CYP2C9'], '*1/*2 called');
      assert.equal(calls['S1 CYP4F2'], '*1/*1 called');
      assert.equal(units.length, 6);
    }
    const { calls, units } = await read(broken('C\tT', 'G\tT'));
    assert.deepEqual(findingsOf(units), ['sample 1 CYP2C9: REF at rs1799853 reference-mismatch', 'sample 2 CYP2C9: REF at rs1799853 reference-mismatch']);
    assert.equal(calls['S2 CYP2C9'], 'null wrong-reference');
  });

  it('are told by their line where they are of no sample', async () => {
    const text = textOf(
      ...HEADER,
      columns('S1'),
      'no tabs',
      'chr10\tx\t.',
      `${record('chr10', 94942290, 'C', 'T', '0/1')}\t0/1`,
      record('chr10', 94949281, 'G', '.', '0/0'),
      record('chr10', 94981296, '-', 'C', '0/1'),
    );
    assert.deepEqual(findingsOf((await read(text)).units), [
      'line 6: null malformed-row',
      'line 7: null malformed-row',
      'line 8: null wrong-column-count',
      'line 9: REF at rs9332131 reference-mismatch',
      'line 10: REF malformed-row',
    ]);
  });

  it('do not make a position reference that they would have spoken of', async () => {
    const text = textOf(...HEADER, columns('S1'), `${record('chr10', 94942290, 'C', 'T', '1/1')}\t0/1`, record('chr10', 94981296, 'A', 'C', '0/0'));
    assert.doesNotMatch((await read(text, { missingPositions: 'reference' })).calls['S1 CYP2C9']!, / called/);
  });

  it('AD is read only where it is one depth per allele', async () => {
    const withDepth = (number: string) =>
      wholeFile({ 94942290: '0/1' }).replace('##FORMAT', `##FORMAT=<ID=AD,Number=${number},Type=Integer,Description="x">\n##FORMAT`).replace('GT\t0/1', 'GT:AD\t0/1:0,9');
    assert.equal((await read(withDepth('R'))).calls['S1 CYP2C9'], 'null no-call');
    assert.equal((await read(withDepth('.'))).calls['S1 CYP2C9'], '*1/*2 called');
  });
});

describe('the same file otherwise written', () => {
  it('gives the same', async () => {
    const variations = { 94942290: '0|1', 94981296: '1|0', 31096368: '1/1', 15879621: '0/1' };
    const expected = (await read(wholeFile(variations))).calls;
    assert.equal(expected['S1 CYP2C9'], '*2/*3 called');
    const lines = wholeFile(variations).trimEnd().split('\n');
    const body = lines.slice(HEADER.length + 1);
    const head = lines.slice(0, HEADER.length + 1);
    const names: Record<string, string> = { chr10: 'NC_000010.11', chr16: 'NC_000016.10', chr19: 'CM000681.2' };
    for (const text of [
      lines.join('\r\n'),
      `\uFEFF${lines.join('\n')}\n\n`,
      textOf(...head, ...body.map((line) => line.replace(/^chr/, ''))),
      textOf(...head, ...body.map((line) => line.replace(/^\w+/, (name) => names[name]!))),
      textOf(...head, ...body.toReversed()),
      textOf(...head, ...body.map((line) => line.toLowerCase().replace('pass', 'PASS').replace('gt', 'GT'))),
      textOf(...head, ...body.map((line) => line.replace(/\tGT\t(\S+)$/, '\tDP:GT:GQ\t30:$1:99'))),
      textOf(...head, ...body.map((line) => line.replace(/\t\.\tPASS\t/, '\t\tPASS\t'))),
    ])
      assert.deepEqual((await read(text)).calls, expected, text.slice(-200));
  });

  it('in chunks of any size', async () => {
    const text = wholeFile({ 94942290: '0/1', 94942205: '0/1' });
    const { calls } = await read(text);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5000 }), async (chunk) => assert.deepEqual((await read(text, {}, chunk)).calls, calls)),
      { numRuns: 60, examples: [[1], [2], [4096]] },
    );
  });

  it('in 10,000 samples', async () => {
    const samples = Array.from({ length: 10_000 }, (_, index) => `S${index}`);
    const genotypes = (position: number) => samples.map((_, index) => (position === 94942290 && index % 3 === 0 ? '0/1' : '0/0')).join('\t');
    const text = textOf(
      ...HEADER,
      columns(...samples),
      ...cyp2c9.positions.map(({ position, ref, alts }) => `${record('10', position, ref, alts.join(','))}\tGT\t${genotypes(position)}`),
    );
    const { calls, units } = await read(text);
    assert.equal(units.length, 30_000);
    assert.equal(calls['S9999 CYP2C9'], '*1/*2 called');
    assert.equal(calls['S9998 CYP2C9'], '*1/*1 called');
  });
});

describe('the map of a VCF source', () => {
  it('is refused with the key and what it may be', () => {
    const issues = (changed: object) => VcfMap.safeParse({ ...VCF, ...changed }).error!.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    assert.match(issues({ missingPositions: 'guess' })[0]!, /^missingPositions: .*"missing"\|"reference"/);
    assert.match(issues({ subject: { from: 'sample', pattern: '(' } })[0]!, /^subject.pattern: must be a regular expression with one group/);
    assert.match(issues({ subject: { from: 'sample', pattern: 'no group' } })[0]!, /one group/);
    assert.match(issues({ reference: 'hg38' })[0]!, /reference/);
  });
});
