import * as z from 'zod';

export const Environment = z.object({ MONITORING_TABLE: z.string(), AUDIT_TABLE: z.string(), ESCALATE_MACHINE_ARN: z.string() });
/** SNS event; the message of a CloudWatch alarm is JSON. */
export const Input = z.object({ Records: z.array(z.object({ Sns: z.object({ Message: z.string(), Timestamp: z.string() }) })) });
export const Message = z.object({ AlarmName: z.string(), NewStateValue: z.string(), NewStateReason: z.string().default(''), StateChangeTime: z.string().optional() });
