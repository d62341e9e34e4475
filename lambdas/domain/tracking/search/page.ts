import { type Outcome, done } from '../../../contracts/outcome.ts';
import { invalid } from '../../mlflow/refusals.ts';

type Position = Record<string, unknown>;

/** Opaque to clients: where the next page begins. */
export const tokenOf = (position: Position): string => Buffer.from(JSON.stringify(position)).toString('base64');

/** Where a token's page begins; `read` answers undefined for what no such token holds. */
export const positionIn = <T>(token: string, read: (position: Position) => T | undefined): Outcome<T> => {
  const text = Buffer.from(token, 'base64').toString('utf8');
  try {
    const position = read(JSON.parse(text) as Position);
    return position === undefined ? invalid(`Invalid page token, parsed value=${text.slice(0, 100)}`) : done(position);
  } catch {
    return invalid(/^[A-Za-z0-9+/=_-]*$/.test(token) ? `Invalid page token, decoded value=${JSON.stringify(text.slice(0, 100))}` : 'Invalid page token, could not base64-decode');
  }
};

export const offsetOf = (token: string | undefined): Outcome<number> =>
  token ? positionIn(token, ({ offset }) => (Number.isSafeInteger(offset) && (offset as number) >= 0 ? (offset as number) : undefined)) : done(0);

/** A page of what was found; the token is absent on the last one. */
export const pageOf = <T>(items: readonly T[], offset: number, size: number): { items: T[]; next?: string } => {
  const end = offset + size;
  return { items: items.slice(offset, end), ...(end < items.length ? { next: tokenOf({ offset: end }) } : {}) };
};

/** How many a page holds; what lies outside the range is refused. */
export const pageSize = (given: number | undefined, { least, most, unset }: { least: number; most: number; unset: number }): Outcome<number> => {
  const size = given ?? unset;
  if (size < least) return invalid(`Invalid value ${size} for parameter 'max_results' supplied. It must be a positive integer`);
  if (size > most) return invalid(`Invalid value ${size} for parameter 'max_results' supplied. It must be at most ${most}`);
  return done(size);
};
