import type VCFParser from '@gmod/vcf';
import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';
import type { Variant } from '../../../pharmacogenomics/variant-codes.ts';
import type { SampleFields } from './read-genotype.ts';

export type VcfRecord = {
  chrom: string;
  variant: Variant;
  ids: readonly string[];
  /** FILTER is PASS or says nothing */
  passed: boolean;
  /** the last position of a block without an alternative of its own; null where the record is none */
  blockEnd: number | null;
  /** CHROM to FORMAT as they stand in the file */
  fixed: string;
  /** each sample's fields, and what makes their text for the quarantine */
  fields: (each: (sample: number, fields: SampleFields, text: () => string) => void) => void;
};

const FIXED_COLUMNS = 9;
const SEQUENCE = /^[ACGTN]+$/;
const KEYS = ['GT', 'AD', 'PS', 'FT', 'DP', 'MIN_DP'];
const NO_FIELDS: SampleFields = { gt: null, ad: null, ps: null, ft: null, depth: null, minDepth: null };
const MAX_FIXED_TEXT = 2000;

/** One data line as a record, or why it is none. INFO is read for END alone. */
export const readRecord = (line: string, parser: VCFParser): VcfRecord | { field: string | null; reason: Reason; fixed: string } => {
  const columns = line.split('\t', FIXED_COLUMNS);
  const fixed = columns.map((column) => column.slice(0, MAX_FIXED_TEXT)).join('\t');
  if (tabs(line) !== FIXED_COLUMNS - 1 + parser.samples.length) return { field: null, reason: 'wrong-column-count', fixed };
  const read = parser.parseLine(line);
  const ref = read.REF?.toUpperCase() ?? '';
  const alts = (read.ALT ?? []).map((alt) => (alt.startsWith('<') ? alt : alt.toUpperCase()));
  if (!Number.isSafeInteger(read.POS) || read.POS < 1) return { field: 'POS', reason: 'malformed-row', fixed };
  if (!SEQUENCE.test(ref)) return { field: 'REF', reason: 'malformed-row', fixed };
  if (alts.includes('')) return { field: 'ALT', reason: 'malformed-row', fixed };
  const end = /(?:^|;)END=(\d{1,10})(?:;|$)/.exec(columns[7]!)?.[1];
  const last = read.POS + ref.length - 1;
  return {
    chrom: columns[0]!,
    variant: { position: read.POS, ref, alts },
    ids: read.ID ?? [],
    passed: read.FILTER === undefined || read.FILTER === 'PASS' || (Array.isArray(read.FILTER) && read.FILTER.every((filter) => filter === '' || filter === '.')),
    blockEnd: end !== undefined && Number(end) > last && alts.every(isAnyAlternative) ? Number(end) : null,
    fixed,
    fields: (each) => {
      let reported = false;
      read.processFormatFields(KEYS, (text, ranges, sample) => {
        reported = true;
        const field = (key: number): string | null => (ranges[2 * key]! < 0 ? null : text.slice(ranges[2 * key]!, ranges[2 * key + 1]!));
        const [gt, ad, ps, ft] = [field(0), field(1), field(2), field(3)];
        each(sample, { gt, ad, ps, ft, depth: field(4), minDepth: field(5) }, () => `GT ${gt ?? ''} AD ${ad ?? ''} PS ${ps ?? ''} FT ${ft ?? ''}`.slice(0, MAX_FIXED_TEXT));
      });
      if (!reported) for (let sample = 0; sample < parser.samples.length; sample++) each(sample, NO_FIELDS, () => '');
    },
  };
};

/** `<*>` and `<NON_REF>` stand for any allele that is not seen (VCF 4.3, 5.5). */
const isAnyAlternative = (alt: string): boolean => alt === '<*>' || alt === '<NON_REF>';

const tabs = (line: string): number => {
  let count = 0;
  for (let at = line.indexOf('\t'); at >= 0; at = line.indexOf('\t', at + 1)) count += 1;
  return count;
};
