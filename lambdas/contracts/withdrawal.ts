import * as z from 'zod';
import { Timestamp } from './ids.ts';

export const WithdrawalRequest = z.strictObject({
  source: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,40}$/)
    .describe('a source of the namespace that knows the patient by this key'),
  subject: z.string().min(1).max(200).describe('the patient’s key in the source; it is neither stored nor logged'),
});

/** A patient's withdrawal: from now on no dataset version shows the patient; what was made before is listed. */
export const Withdrawal = z.object({
  personId: z.number().int(),
  withdrawnAt: Timestamp,
  withdrawnBy: z.string(),
  ingests: z.array(z.string()),
  datasets: z.array(z.string()).describe('dataset versions that hold the patient'),
  modelVersions: z.array(z.string()).describe('model versions that were made of them'),
});
export type Withdrawal = z.infer<typeof Withdrawal>;
