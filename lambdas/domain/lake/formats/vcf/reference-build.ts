import { chromosomeOf } from './chromosomes.ts';

/** Lengths of the chromosomes that are read, NCBI Assembly GCF_000001405.26 (GRCh38); patches do not change them. */
const GRCH38_LENGTHS: Readonly<Record<string, number>> = { '10': 133_797_422, '16': 90_338_345, '19': 58_617_616 };

const WORDS: readonly [build: string, pattern: RegExp][] = [
  ['GRCh38', /grch38|hg38|hs38|(?<![a-z0-9])b38(?!\d)|GCA_000001405\.(?:1[5-9]|2\d)|GCF_000001405\.(?:2[6-9]|[34]\d)/i],
  ['GRCh37', /grch37|hg19|hs37|g1k_v37|(?<![a-z0-9])b37(?!\d)|GCA_000001405\.(?:\d|1[0-4])(?!\d)|GCF_000001405\.(?:1[3-9]|2[0-5])(?!\d)/i],
  ['NCBI36', /ncbi36|ncbi build 36|hg18|(?<![a-z0-9])b36(?!\d)/i],
  ['T2T-CHM13', /chm13|t2t/i],
];

/** The builds that a text names. */
const buildsNamed = (text: string): string[] => WORDS.filter(([, pattern]) => pattern.test(text)).map(([build]) => build);

type Contig = { id: string; assembly: string | null; length: number | null };

/** What a header says of its reference: that it is GRCh38, that it is not (and why), or nothing. */
export type HeaderBuild = { build: 'GRCh38' | null } | { wrong: string };

/** @param isPlink PLINK writes as a chromosome's length the last position of its file, and one more */
export const headerBuild = (reference: string, contigs: readonly Contig[], isPlink: boolean): HeaderBuild => {
  let known = false;
  for (const { id, assembly, length } of contigs) {
    const name = chromosomeOf(id);
    const expected = GRCH38_LENGTHS[name?.chromosome ?? ''];
    if (expected !== undefined && name?.otherBuild) return { wrong: `##contig names chromosome ${name.chromosome} by an accession of another build` };
    const isOther = expected !== undefined && length !== null && (isPlink ? length > expected + 1 : length !== expected);
    if (isOther) return { wrong: `##contig gives chromosome ${name!.chromosome} ${length} bases; GRCh38 has ${expected}` };
    const builds = buildsNamed(assembly ?? '');
    if (builds.length > 0 && !builds.includes('GRCh38')) return { wrong: `##contig names the assembly ${builds[0]}` };
    known ||= builds.includes('GRCh38') || (expected !== undefined && length === expected);
  }
  const builds = buildsNamed(reference);
  if (!known && builds.length > 0 && !builds.includes('GRCh38')) return { wrong: `##reference names ${builds[0]}` };
  return { build: known || builds.includes('GRCh38') ? 'GRCh38' : null };
};
