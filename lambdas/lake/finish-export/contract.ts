import * as z from 'zod';
import { ExportId } from '../../contracts/export.ts';
import { ExportEnvironment } from '../../contracts/export-environment.ts';

export const Environment = ExportEnvironment.extend({ AUDIT_TABLE: z.string(), LINEAGE_TABLE: z.string() });

export const Input = z.object({
  exportId: ExportId,
  ended: z.discriminatedUnion('outcome', [
    z.object({
      outcome: z.literal('downloaded'),
      /** how each batch's download ended */
      downloads: z.array(z.object({ outcome: z.enum(['stored', 'expired', 'refused']), detail: z.string().optional() })),
    }),
    z.object({ outcome: z.literal('refused'), detail: z.string() }),
    z.object({ outcome: z.literal('faulted'), execution: z.string() }),
  ]),
});
