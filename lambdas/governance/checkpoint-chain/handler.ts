import { sealChain } from '../../adapters/checkpoints.ts';
import { step } from '../../adapters/step.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const vault = { table: env.AUDIT_TABLE, bucket: env.AUDIT_BUCKET, keyId: env.CHECKPOINT_KEY_ID };

/** Seals the chain every hour. It appends no event: the chain of an idle deployment would grow by its own sealing. */
export const handler = step(Input, async () => ({ sequence: (await sealChain(vault, new Date()))?.sequence ?? null }));
