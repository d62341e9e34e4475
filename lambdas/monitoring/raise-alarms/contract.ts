import * as z from 'zod';
import { MonitoringRunId } from '../../contracts/ids.ts';

export const Environment = z.object({
  MONITORING_TABLE: z.string(),
  AUDIT_TABLE: z.string(),
  LINEAGE_TABLE: z.string(),
  ESCALATE_MACHINE_ARN: z.string(),
  RETRAIN_MACHINE_ARN: z.string(),
  TOPIC_OPS: z.string(),
  TOPIC_DATA_SCIENCE: z.string(),
  TOPIC_CLINICAL: z.string(),
});
export const Input = z.object({ monitoringRunId: MonitoringRunId });
