import type { Trial } from '../../contracts/trial.ts';

/** A fault's cause may quote data: only its first line, and not more of it than names it. */
const CAUSE_CHARACTERS = 300;

/** How a simulation ended that did not succeed. Bad input is one line `error: <what, value, allowed range>` (containers/README.md). */
export const endingOf = (cause: string): Required<Pick<Trial, 'status' | 'detail'>> => {
  const invalid = /error: ([^\n"]+)/.exec(cause)?.[1];
  return { status: invalid ? 'refused' : 'faulted', detail: (invalid ?? cause.split('\n')[0]!).slice(0, CAUSE_CHARACTERS) };
};
