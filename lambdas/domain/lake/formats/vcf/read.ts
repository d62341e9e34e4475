import type { Finding, Reader, Refusal, SetFile, Unit, Units } from '../../reading.ts';
import { callGenes } from './call-genes.ts';
import { FileEvidence } from './file-evidence.ts';
import { type RefusedHeader, type VcfHeader, readHeader, refusedFirstLine } from './header.ts';
import { LineJudge } from './judge-line.ts';
import type { VcfMap } from './map.ts';
import { scanLines } from './scan-lines.ts';
import { readRecord } from './vcf-record.ts';

const MAX_HEADER_CHARACTERS = 64 * 1024 * 1024;

/**
 * VCF 4: a record is a sample's gene; a line that cannot be read, or does not have the definition's reference allele, is one as well. Lines
 * that touch no position of the genes are passed over. Memory grows with samples times positions, not with the file.
 */
export const readVcf: Reader<VcfMap> = async function* (files, map) {
  for (const file of files) yield* readFile(file, map);
};

async function* readFile(file: SetFile, map: VcfMap): AsyncGenerator<Units> {
  const refuse = ({ refused, detail }: RefusedHeader): Refusal => ({ file: file.index, refused, detail });
  const leftOut = (line: number, field: string | null, reason: Finding['reason'], text: string): Unit => ({
    file: file.index,
    where: `line ${line}`,
    findings: [{ field, reason }],
    text,
  });
  const judge = new LineJudge(map.referenceBlocks !== 'missing');
  const headerLines: string[] = [];
  let headerCharacters = 0;
  let header: VcfHeader | null = null;
  let evidence: FileEvidence | null = null;
  let unreadable = false;
  for await (const line of scanLines(file.open(), (bytes, start, end, whole) => (header ? judge.judge(bytes, start, end, whole) : 'take'))) {
    if (line.kind === 'too-long') return yield refuse({ refused: 'too-large', detail: `line ${line.number} is longer than 64 MiB` });
    const { number } = line;
    const text = number === 1 ? withoutMark(line.text) : line.text;
    if (!header || !evidence) {
      const problem = headerProblem(number, text);
      if (problem) return yield refuse(problem);
      headerCharacters += text.length;
      if (headerCharacters > MAX_HEADER_CHARACTERS) return yield refuse({ refused: 'too-large', detail: 'the header is longer than 64 MiB' });
      headerLines.push(text);
      if (text.startsWith('##')) continue;
      const read = readHeader(headerLines);
      if ('refused' in read) return yield refuse(read);
      header = read;
      evidence = new FileEvidence(header, map);
      continue;
    }
    if (line.kind === 'malformed') {
      unreadable = true;
      yield leftOut(number, null, 'malformed-row', text);
      continue;
    }
    const record = readRecord(text, header.parser);
    if ('reason' in record) {
      const [chrom, position] = record.fixed.split('\t', 2);
      evidence.spoil(chrom!, Number(position));
      unreadable = true;
      yield leftOut(number, record.field, record.reason, record.fixed);
      continue;
    }
    const against = evidence.add(record);
    if (against) yield leftOut(number, against.field, against.reason, record.fixed);
  }
  if (!header || !evidence) return yield refuse({ refused: headerLines.length === 0 ? 'empty' : 'malformed', detail: 'the file ends before the line #CHROM' });
  const otherBuild = buildProblem(header, judge, evidence);
  if (otherBuild) return yield refuse({ refused: 'wrong-reference-build', detail: otherBuild });
  if (judge.nameless) return yield refuse({ refused: 'unknown-chromosomes', detail: 'no CHROM is a name that is known: 10, chr10, NC_000010.11, CM000672.2' });
  yield callGenes(file.index, map, header, evidence, (gene) => map.missingPositions === 'reference' && !unreadable && judge.chromosomes.has(gene.chromosome));
}

const withoutMark = (text: string): string => text.replace(/^\uFEFF/, '');

const headerProblem = (number: number, text: string): RefusedHeader | null => {
  if (text.includes('\0')) return { refused: 'not-this-format', detail: 'the file is binary; VCF is text (a BCF is turned into one by bcftools view)' };
  if (number === 1) return refusedFirstLine(text);
  return text.startsWith('#') ? null : { refused: 'malformed', detail: `line ${number} stands before the line #CHROM and does not begin with #` };
};

/** What the records themselves say of the build, or null. */
const buildProblem = (header: VcfHeader, judge: LineJudge, evidence: FileEvidence): string | null => {
  if (judge.otherBuild) return 'a CHROM is an accession of another build; GRCh38 is read';
  if (evidence.rsidsOfGrch37 > 0) return `${evidence.rsidsOfGrch37} rsIDs stand at their GRCh37 positions; GRCh38 is read`;
  if (header.build === null && evidence.variantsOfGrch37 > 0 && evidence.positionsRead === 0) {
    return `${evidence.variantsOfGrch37} variants stand at their GRCh37 positions and none at a GRCh38 position; GRCh38 is read`;
  }
  return null;
};
