import * as z from 'zod';

/** What every function that speaks to a FHIR server is told. */
export const ExportEnvironment = z.object({
  LAKE_TABLE: z.string(),
  LANDING_BUCKET: z.string(),
  /** the names of the servers' secrets begin so */
  FHIR_SECRETS: z.string(),
  /** origins that may be exported from, with commas between */
  FHIR_SERVERS: z.string(),
  FHIR_LOOPBACK: z.enum(['0', '1']),
  FHIR_LONGEST_WAIT_SECONDS: z.string().regex(/^\d+$/),
});
export type ExportEnvironment = z.infer<typeof ExportEnvironment>;
