import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';

/** One sample's fields of a record, null where absent. `minDepth`: MIN_DP, the lowest depth within a block. */
export type SampleFields = { gt: string | null; ad: string | null; ps: string | null; ft: string | null; depth: string | null; minDepth: string | null };

/** Indices of alleles (0 is REF; null: not called) and the phase: null unphased, 0 phased over the chromosome, else 1 + the phase set. */
export type SampleGenotype = { alleles: readonly (number | null)[]; phase: number | null };

const GENOTYPE = /^[|/]?(\.|\d{1,3})(?:([|/])(\.|\d{1,3}))?$/;
const MAX_PHASE_SET = 2_147_483_646;

/** What a sample's fields say: a genotype, nothing that can be used, or what speaks against them. `alts`: how many ALT the record has. */
const readGenotype = (fields: SampleFields, alts: number, depthPerAllele: boolean): SampleGenotype | null | { field: string; reason: Reason } => {
  if (fields.gt === null) return null;
  const [, one, separator, two] = GENOTYPE.exec(fields.gt) ?? [];
  if (one === undefined) return { field: 'GT', reason: 'unknown-genotype' };
  const alleles = (two === undefined ? [one] : [one, two]).map((index) => (index === '.' ? null : Number(index)));
  if (alleles.some((index) => index !== null && index > alts)) return { field: 'GT', reason: 'unknown-genotype' };
  if (alleles.every((index) => index === null)) return null;
  if (depthPerAllele && fields.ad !== null && contradicts(alleles, fields.ad)) return { field: 'AD', reason: 'contradictory-value' };
  return { alleles, phase: separator === '|' ? phaseOf(fields.ps) : null };
};

type Read = ReturnType<typeof readGenotype>;

/** Reads the samples of one record: most have one of few genotypes, and each is read once. */
export const genotypeReader = (alts: number, depthPerAllele: boolean): ((fields: SampleFields) => Read) => {
  const known = new Map<string, Read>();
  return (fields) => {
    // with a depth or a phase set the text of GT does not say all
    if (fields.gt === null || (depthPerAllele && fields.ad !== null) || fields.ps !== null) return readGenotype(fields, alts, depthPerAllele);
    const found = known.get(fields.gt);
    if (found !== undefined) return found;
    const read = readGenotype(fields, alts, depthPerAllele);
    if (known.size < MOST_REMEMBERED) known.set(fields.gt, read);
    return read;
  };
};
const MOST_REMEMBERED = 1000;

const phaseOf = (phaseSet: string | null): number => (phaseSet !== null && /^\d{1,10}$/.test(phaseSet) && Number(phaseSet) <= MAX_PHASE_SET ? 1 + Number(phaseSet) : 0);

/**
 * Reference that no read covers: so GATK writes what is missing, in its blocks and, since 4.2.3.0, after joint calling
 * (https://gatk.broadinstitute.org/hc/en-us/articles/6012243429531).
 */
export const isUncovered = ({ depth, minDepth }: SampleFields, { alleles }: SampleGenotype): boolean =>
  (depth === '0' || minDepth === '0') && alleles.every((index) => index === 0);

/** GT is heterozygous, yet only one allele was read: of callers that always write 0/1 (github.com/PharmGKB/PharmCAT/issues/90). */
const contradicts = (alleles: readonly (number | null)[], depths: string): boolean => {
  if (alleles.length !== 2 || alleles.includes(null) || alleles[0] === alleles[1]) return false;
  const read = depths.split(',').filter((depth) => depth !== '.');
  return read.every((depth) => /^\d{1,9}$/.test(depth)) && read.filter((depth) => Number(depth) > 0).length === 1;
};
