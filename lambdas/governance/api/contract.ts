import * as z from 'zod';
import { Environment as Checkpoints } from '../checkpoint-chain/contract.ts';

export const Environment = Checkpoints.extend({ PROBAND_ENVIRONMENT: z.string().default('unknown'), LINEAGE_TABLE: z.string() });
