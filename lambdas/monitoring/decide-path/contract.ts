import * as z from 'zod';
import { AlarmId } from '../../contracts/ids.ts';

export const Environment = z.object({
  MONITORING_TABLE: z.string(),
  REGISTRY_TABLE: z.string(),
  LAKE_TABLE: z.string(),
  AUDIT_TABLE: z.string(),
  LINEAGE_TABLE: z.string(),
  DEVELOP_MACHINE_ARN: z.string(),
});
export const Input = z.object({ alarmId: AlarmId });
