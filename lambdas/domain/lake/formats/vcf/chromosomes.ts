import { GENES } from '../../../pharmacogenomics/genes.ts';

/** First GenBank accession of the human chromosomes: CM000663 is chromosome 1; version 2 is GRCh38, 1 is GRCh37 (NCBI Assembly GCA_000001405). */
const FIRST_GENBANK = 663;

const REFSEQ_VERSIONS: ReadonlyMap<string, string> = new Map(GENES.map(({ chromosome, refSeq }) => [chromosome, refSeq.split('.')[1]!]));

/** What a CHROM says: a chromosome by its number or letter, also where it is none that is read; the chromosome of another build; or nothing. */
export type ChromosomeName = { chromosome: string; otherBuild: boolean } | null;

export const chromosomeOf = (name: string): ChromosomeName => {
  const [, plain] = /^(?:chr)?([1-9]|1\d|2[0-2]|X|Y|M|MT)$/i.exec(name) ?? [];
  if (plain) return { chromosome: plain.toUpperCase(), otherBuild: false };
  const [, refSeq, refSeqVersion] = /^NC_0000(\d\d)\.(\d{1,2})$/.exec(name) ?? [];
  if (refSeq) {
    const chromosome = String(Number(refSeq));
    return { chromosome, otherBuild: REFSEQ_VERSIONS.has(chromosome) && REFSEQ_VERSIONS.get(chromosome) !== refSeqVersion };
  }
  const [, genBank, genBankVersion] = /^CM000(\d{3})\.(\d)$/.exec(name) ?? [];
  if (genBank) return { chromosome: String(Number(genBank) - FIRST_GENBANK + 1), otherBuild: genBankVersion !== '2' };
  // scaffolds, alternate loci, HLA, decoys, viruses, as the 1000 Genomes and UCSC references name them
  return /^(?:chr)?(?:Un|GL|KI|KN|KQ|KV|KZ|HLA|EBV|hs3[78]d|phiX|NC_|NT_|NW_)|_(?:alt|random|fix|decoy)$/i.test(name) ? { chromosome: name, otherBuild: false } : null;
};
