import { signCheckpoint } from '../../adapters/checkpoints.ts';
import { step } from '../../adapters/step.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** Every hour: signs the head of the chain. */
export const handler = step(Input, async () => {
  const checkpoint = await signCheckpoint({ table: env.AUDIT_TABLE, bucket: env.AUDIT_BUCKET, keyId: env.CHECKPOINT_KEY_ID, retentionDays: env.AUDIT_RETENTION_DAYS }, new Date());
  return { sequence: checkpoint?.sequence ?? null };
});
