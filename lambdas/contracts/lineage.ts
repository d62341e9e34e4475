import * as z from 'zod';
import { Timestamp } from './ids.ts';

/** `from` was used to make `to`: exp_… → upl_… → ing_… (→ cmp_…) → ds_… → run_… → model@n → rev_… / rol_… / prd_… / trl_… → mon_… → alm_… → ret_… → run_… */
export const LineageEdge = z.object({ from: z.string(), to: z.string(), relation: z.string(), at: Timestamp });
export type LineageEdge = z.infer<typeof LineageEdge>;

export const LineageWalk = z.object({
  id: z.string(),
  upstream: z.array(LineageEdge.extend({ depth: z.number().int() })),
  downstream: z.array(LineageEdge.extend({ depth: z.number().int() })),
  truncated: z.boolean(),
});
export type LineageWalk = z.infer<typeof LineageWalk>;
