import * as z from 'zod';

export const Environment = z.object({
  MONITORING_TABLE: z.string(),
  REGISTRY_TABLE: z.string(),
  AUDIT_TABLE: z.string(),
  LINEAGE_TABLE: z.string(),
  WATCH_MACHINE_ARN: z.string(),
});
/** A scheduled event of EventBridge; its time says which window is due. */
export const Input = z.object({ time: z.iso.datetime() });
