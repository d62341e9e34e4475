import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GENES } from '../../../lambdas/domain/pharmacogenomics/genes.ts';
import { HEADER, columns, everyRecord, read, record, textOf, wholeFile } from './vcf-text.ts';

const refusal = async (text: string | Uint8Array) => {
  const { refusals } = await read(text);
  return refusals.map(({ refused, detail }) => `${refused}: ${detail}`).join('\n') || null;
};
const withHeader = (...lines: string[]) => textOf(HEADER[0]!, ...lines, columns('S1'), ...everyRecord());

describe('a VCF that is refused', () => {
  it('is no VCF, or of another version', async () => {
    assert.match((await refusal('a,b\n1,2\n'))!, /^not-this-format: the first line must be ##fileformat=VCFv4.x$/);
    assert.match((await refusal(wholeFile().replace('VCFv4.3', 'VCFv3.3')))!, /^wrong-version: the file is VCFv3.3; VCFv4.0 to VCFv4.5 are read$/);
    assert.match((await refusal(wholeFile().replace('VCFv4.3', 'VCFv4.9')))!, /^wrong-version/);
    assert.match((await refusal(Buffer.from('BCF\x02\x02\0\0\0\n\0\0')))!, /^not-this-format: the file is binary/);
    assert.equal(await refusal(wholeFile().replace('VCFv4.3', 'VCFv4.5')), null);
  });

  it('has a malformed header', async () => {
    for (const [text, detail] of [
      [wholeFile().replace('##reference=GRCh38', '##reference GRCh38'), /^malformed: line 3 of the header is not ##key=value/],
      [wholeFile().replace('#CHROM\tPOS', '#CHROM POS'), /^malformed: line 5 must begin #CHROM POS/],
      [wholeFile().replace('INFO\tFORMAT', 'INFO\tformat'), /^malformed: column 9 of line 5 must be FORMAT/],
      [wholeFile().replace(columns('S1'), ''), /^malformed: line 5 stands before the line #CHROM/],
      [textOf(...HEADER), /^malformed: the file ends before the line #CHROM/],
      [textOf(...HEADER, columns('S1', 'S2', 'S1')), /^malformed: sample 3 has the name of an earlier one/],
      [textOf(...HEADER, columns('S1', '')), /^malformed: sample 2 has no name/],
      [textOf(...HEADER, columns()), /^not-this-format: the file has no sample columns/],
    ] as const)
      assert.match((await refusal(text))!, detail);
    assert.match((await refusal(Buffer.from(wholeFile({}, 'M\xFCller'), 'latin1')))!, /^malformed: the name of sample 1 is not UTF-8$/);
    assert.equal(await refusal(wholeFile({}, 'M\xFCller')), null);
  });

  it('is on another reference build by its header', async () => {
    for (const line of [
      '##reference=file:///refs/human_g1k_v37.fasta',
      '##reference=hg19',
      '##reference=GCF_000001405.25_GRCh37.p13_genomic.fna',
      '##contig=<ID=chr10,assembly=b37,species="Homo sapiens">',
      '##contig=<ID=10,length=135534747>',
      '##contig=<ID=chr19,length=61707364,assembly=hs1>',
      '##contig=<ID=NC_000016.9>',
      '##contig=<ID=1,assembly=T2T-CHM13v2.0>',
    ])
      assert.match((await refusal(withHeader(line)))!, /^wrong-reference-build: .*; GRCh38/, line);
  });

  it('is not refused for any of the names of GRCh38, or for none', async () => {
    for (const line of [
      '##source=x',
      '##reference=hg38',
      '##reference=/data/GCA_000001405.15_GRCh38_no_alt_analysis_set.fasta',
      '##reference=/lifted/hg19ToHg38/hg38.fa',
      '##contig=<ID=chr10,assembly=GRCh38.p13,species="Homo sapiens">',
      '##contig=<ID=10,length=133797422>',
      '##contig=<ID=chr1,assembly=B38>',
      '##contig=<ID=NC_000010.11,length=133797422>',
    ])
      assert.equal(await refusal(withHeader(line)), null, line);
  });

  it('is not refused for the lengths that PLINK writes, unless GRCh38’s chromosomes are too short for them', async () => {
    const plink = (length: number) => refusal(textOf('##fileformat=VCFv4.2', '##source=PLINKv1.90', `##contig=<ID=10,length=${length}>`, columns('S1'), ...everyRecord()));
    assert.equal(await plink(94_989_022), null);
    assert.match((await plink(135_491_841))!, /^wrong-reference-build: ##contig gives chromosome 10 135491841 bases/);
    assert.match((await refusal(withHeader('##contig=<ID=10,length=94989022>')))!, /^wrong-reference-build/);
  });

  it('is on another reference build by its records', async () => {
    const silent = HEADER.filter((line) => !line.startsWith('##reference'));
    const onGrch37 = (header: readonly string[], ids: boolean) =>
      textOf(
        ...header,
        columns('S1'),
        ...GENES.flatMap(({ chromosome, positions, grch37 }) =>
          positions
            .filter(({ rsid }) => rsid)
            .map(({ position, rsid, ref, alts }) => record(chromosome, position + grch37.offset, ref, alts.join(','), '0/1').replace('\t.\t', ids ? `\t${rsid}\t` : '\t.\t')),
        ),
      );
    assert.match((await refusal(onGrch37(HEADER, true)))!, /^wrong-reference-build: \d+ rsIDs stand at their GRCh37 positions; GRCh38 is read$/);
    assert.match((await refusal(onGrch37(silent, false)))!, /^wrong-reference-build: \d+ variants stand at their GRCh37 positions/);
    assert.match((await refusal(textOf(...silent, columns('S1'), record('NC_000010.10', 96702047, 'C', 'T', '0/1'))))!, /^wrong-reference-build: a CHROM is an accession/);
  });

  it('names its chromosomes in no known way', async () => {
    assert.match((await refusal(wholeFile().replaceAll('chr1', 'chromosome1')))!, /^unknown-chromosomes: .*10, chr10, NC_000010.11/);
  });

  it('never quotes what the file says of a person', async () => {
    const planted = 'Jane-Roe';
    for (const text of [
      planted,
      `##fileformat=VCFv4.2\n##${planted}\n`,
      `##fileformat=VCFv4.2\n${planted}\n`,
      textOf(...HEADER, columns(planted, planted)),
      wholeFile({}, planted).replaceAll('chr1', planted),
    ]) {
      const detail = await refusal(text);
      assert.ok(detail);
      assert.doesNotMatch(detail, /Jane/);
    }
  });

  it('has a line beyond the limit, which is not held', async () => {
    const long = Buffer.concat([Buffer.from(`${HEADER[0]}\n##x=`), Buffer.alloc(65 * 1024 * 1024, 'a')]);
    assert.match((await refusal(long))!, /^too-large: line 2 is longer than 64 MiB/);
  });

  it('does not change the objects of the process by its header’s names', async () => {
    await read(withHeader('##__proto__=<ID=polluted,Description="x">', '##contig=<ID=__proto__,assembly=GRCh38>', '##FORMAT=<ID=__proto__,Number=1,Type=String>'));
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
});
