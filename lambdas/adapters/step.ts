import type { Context } from 'aws-lambda';
import type { ZodType, output } from 'zod';
import { log } from './log.ts';

/**
 * One state of a state machine: parses the state's input by its contract and answers plain data. An input that does not fit its
 * contract is a fault of ours, named by path only. `endsAt`, in ms of the epoch: when the function is stopped.
 */
export const step =
  <S extends ZodType, R>(input: S, run: (parsed: output<S>, endsAt: number) => Promise<R>) =>
  async (event: unknown, context?: Pick<Context, 'getRemainingTimeInMillis'>): Promise<R> => {
    const started = performance.now();
    const parsed = input.safeParse(event);
    if (!parsed.success) throw new TypeError(`the state's input does not fit its contract: ${parsed.error.issues.map(({ path, code }) => `${path.join('.')} ${code}`).join(', ')}`);
    const result = await run(parsed.data, context ? Date.now() + context.getRemainingTimeInMillis() : Number.POSITIVE_INFINITY);
    log.info('step', { milliseconds: Math.round(performance.now() - started) });
    return result;
  };
