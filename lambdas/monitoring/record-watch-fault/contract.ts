import * as z from 'zod';
import { MonitoringRunId } from '../../contracts/ids.ts';

export const Environment = z.object({ MONITORING_TABLE: z.string(), AUDIT_TABLE: z.string() });
export const Input = z.object({ monitoringRunId: MonitoringRunId });
