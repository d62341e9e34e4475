import { keys } from '../../config/catalog/stores.ts';
import type { Run } from '../contracts/run.ts';
import { getJson } from './objects.ts';

/** The share done of the job that a run waits for, or null where none has said yet. */
export const jobProgress = async (bucket: string, run: Run): Promise<number | null> => {
  const prefix = run.step === 'Train' ? keys.runTraining(run.runId) : run.step === 'Evaluate' ? keys.runEvaluation(run.runId) : null;
  return prefix === null ? null : progressBelow(bucket, prefix);
};

export const progressBelow = async (bucket: string, prefix: string): Promise<number | null> => {
  try {
    const { progress } = await getJson<{ progress?: number }>({ bucket, key: `${prefix}progress.json` });
    return progress ?? null;
  } catch (error) {
    if (['NoSuchKey', 'AccessDenied'].includes((error as Error).name)) return null;
    throw error;
  }
};
