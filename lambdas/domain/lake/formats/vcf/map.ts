import * as z from 'zod';
import { MAP_BASE } from '../../map-base.ts';

const isPatternOfOneGroup = (pattern: string): boolean => {
  try {
    return new RegExp(`${pattern}|`, 'u').exec('')!.length === 2;
  } catch {
    return false;
  }
};

export const VcfMap = z.strictObject({
  ...MAP_BASE,
  format: z.literal('vcf'),
  subject: z.strictObject({
    from: z.literal('sample'),
    pattern: z.string().refine(isPatternOfOneGroup, { error: 'must be a regular expression with one group: the patient’s key in the sample’s name' }).default('^(.+)$'),
  }),
  date: z
    .strictObject({ fileDate: z.boolean(), otherwise: z.iso.date(), because: z.string().min(5) })
    .describe('a VCF has no date of the sample: ##fileDate where it is there and wanted, else the constant'),
  missingPositions: z
    .enum(['missing', 'reference'])
    .default('missing')
    .describe('a position without a record; reference only where the source leaves out what equals the reference'),
  referenceBlocks: z
    .enum(['missing', 'substitutions', 'all'])
    .default('missing')
    .describe('a gVCF block (END) of reference over a position: not read, read where single bases are defined, or also where deletions are'),
  failedFilters: z.enum(['missing', 'read']).default('missing').describe('a record whose FILTER or FT is neither PASS nor absent'),
  uncovered: z.enum(['missing', 'read']).default('missing').describe('a genotype of reference whose DP or MIN_DP is 0: no read is behind it; read where genotypes are imputed'),
});
export type VcfMap = z.infer<typeof VcfMap>;
