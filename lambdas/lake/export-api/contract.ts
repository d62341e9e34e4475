import * as z from 'zod';
import { ExportEnvironment } from '../../contracts/export-environment.ts';

export const Environment = ExportEnvironment.pick({ LAKE_TABLE: true, FHIR_SECRETS: true, FHIR_SERVERS: true, FHIR_LOOPBACK: true }).extend({
  AUDIT_TABLE: z.string(),
  EXPORT_MACHINE_ARN: z.string(),
  SECRETS_KEY_ID: z.string(),
});
