import { type Outcome, done } from '../../../contracts/outcome.ts';
import { invalid } from '../../mlflow/refusals.ts';

/** Opaque to clients: where the next page begins, and what it is a page of, so that a token of another question is refused. */
const tokenOf = (offset: number): string => Buffer.from(JSON.stringify({ offset })).toString('base64');

export const offsetOf = (token: string | undefined): Outcome<number> => {
  if (!token) return done(0);
  const text = Buffer.from(token, 'base64').toString('utf8');
  try {
    const { offset } = JSON.parse(text) as { offset?: unknown };
    if (Number.isSafeInteger(offset) && (offset as number) >= 0) return done(offset as number);
    return invalid(`Invalid page token, parsed value=${text.slice(0, 100)}`);
  } catch {
    return invalid(/^[A-Za-z0-9+/=_-]*$/.test(token) ? `Invalid page token, decoded value=${JSON.stringify(text.slice(0, 100))}` : 'Invalid page token, could not base64-decode');
  }
};

/** A page of what was found; the token is absent on the last one. */
export const pageOf = <T>(items: readonly T[], offset: number, size: number): { items: T[]; next?: string } => {
  const end = offset + size;
  return { items: items.slice(offset, end), ...(end < items.length ? { next: tokenOf(end) } : {}) };
};

/** How many a page holds; what lies outside the range is refused. */
export const pageSize = (given: number | undefined, { least, most, unset }: { least: number; most: number; unset: number }): Outcome<number> => {
  const size = given ?? unset;
  if (size < least) return invalid(`Invalid value ${size} for parameter 'max_results' supplied. It must be a positive integer`);
  if (size > most) return invalid(`Invalid value ${size} for parameter 'max_results' supplied. It must be at most ${most}`);
  return done(size);
};
