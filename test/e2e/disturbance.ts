import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changeVariables, functionName } from './function-variables.ts';

export type Disturbance = {
  /** how many distinct events of the function failed before, and after, their work */
  suffered: (handler: string) => { before: number; after: number };
  calm: () => Promise<void>;
};

/** Makes the deployed functions fail twice for every event (disturb.mjs), by their configuration alone: their code stays what it is. */
export const disturb = async (endpoint: string, handlers: readonly string[]): Promise<Disturbance> => {
  const folder = mkdtempSync(join(tmpdir(), 'proband-disturbance-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const calm: (() => Promise<void>)[] = [];
  for (const handler of handlers)
    calm.push(
      await changeVariables(endpoint, handler, ({ NODE_OPTIONS = '' }) => ({
        NODE_OPTIONS: `${NODE_OPTIONS} --import ${join(import.meta.dirname, 'disturb.mjs')}`.trim(),
        DISTURBANCE_FOLDER: folder,
      })),
    );
  return {
    suffered: (handler) => {
      const attempts = readdirSync(folder).filter((name) => name.startsWith(`${functionName(handler)}.`));
      const events = new Set(attempts.map((name) => name.split('.')[1]!));
      const reached = (attempt: number) => [...events].filter((id) => attempts.includes(`${functionName(handler)}.${id}.${attempt}`)).length;
      // a third attempt follows the second one's failure
      return { before: reached(2), after: reached(3) };
    },
    calm: async () => {
      for (const each of calm) await each();
    },
  };
};
