import type { Trial } from '../../contracts/trial.ts';

/** A fault's cause may quote data: only its first line, and not more of it than names it. */
const CAUSE_CHARACTERS = 300;

/**
 * How a simulation ended that did not succeed. Bad input is one line `what, value, allowed range` (containers/README.md): the worker
 * names the error, SageMaker quotes the job's `error: …` in its cause.
 */
export const endingOf = ({ error, cause }: { error: string; cause: string }): Required<Pick<Trial, 'status' | 'detail'>> => {
  const quoted = /error: ([^\n"\\]+)/.exec(cause)?.[1];
  const detail = quoted ?? cause.split('\n')[0]!;
  return { status: quoted !== undefined || error === 'InvalidInput' ? 'refused' : 'faulted', detail: detail.slice(0, CAUSE_CHARACTERS) };
};
