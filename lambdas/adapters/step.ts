import type { ZodType, output } from 'zod';
import { log } from './log.ts';

/**
 * One state of a state machine: parses the state's input by its contract and answers plain data. An input that does not fit its
 * contract is a fault of ours, named by path only.
 */
export const step =
  <S extends ZodType, R>(input: S, run: (parsed: output<S>) => Promise<R>) =>
  async (event: unknown): Promise<R> => {
    const started = performance.now();
    const parsed = input.safeParse(event);
    if (!parsed.success) throw new TypeError(`the state's input does not fit its contract: ${parsed.error.issues.map(({ path, code }) => `${path.join('.')} ${code}`).join(', ')}`);
    const result = await run(parsed.data);
    log.info('step', { milliseconds: Math.round(performance.now() - started) });
    return result;
  };
