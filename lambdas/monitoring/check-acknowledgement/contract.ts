import * as z from 'zod';
import { AlarmId } from '../../contracts/ids.ts';

export const Environment = z.object({ MONITORING_TABLE: z.string(), AUDIT_TABLE: z.string(), TOPIC_ESCALATION: z.string() });
export const Input = z.object({ alarmId: AlarmId });
