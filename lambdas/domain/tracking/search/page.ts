import { type Outcome, done } from '../../../contracts/outcome.ts';
import { digestOf } from '../../canonical-json.ts';
import { invalid } from '../../mlflow/refusals.ts';

/** What was asked for, by the members' names: where it is given, a page's token is good for the same question only. */
export type Question = Readonly<Record<string, unknown>>;
type Position = Record<string, unknown>;

const marksOf = (question: Question): Record<string, string> =>
  Object.fromEntries(Object.entries(question).map(([member, asked]) => [member, digestOf(asked ?? null).slice(0, 16)]));

/** Opaque to clients: where the next page begins, and marks of what it is a page of. */
export const tokenOf = (position: Position, question: Question = {}): string => Buffer.from(JSON.stringify({ ...position, ...marksOf(question) })).toString('base64');

const mismatch = (member: string): string => {
  const words = member.replaceAll('_', ' ').replace(/\bids\b/, 'IDs');
  return `${words[0]!.toUpperCase()}${words.slice(1)} in the page token do${words.endsWith('s') ? '' : 'es'} not match the requested ${words}`;
};

/** Where a token's page begins; `read` answers undefined for what no such token holds. */
export const positionIn = <T>(token: string, read: (position: Position) => T | undefined, question: Question = {}): Outcome<T> => {
  const text = Buffer.from(token, 'base64').toString('utf8');
  try {
    const parsed = JSON.parse(text) as Position;
    const position = read(parsed);
    if (position === undefined) return invalid(`Invalid page token, parsed value=${text.slice(0, 100)}`);
    const other = Object.entries(marksOf(question)).find(([member, mark]) => parsed[member] !== mark);
    return other ? invalid(mismatch(other[0])) : done(position);
  } catch {
    return invalid(/^[A-Za-z0-9+/=_-]*$/.test(token) ? `Invalid page token, decoded value=${JSON.stringify(text.slice(0, 100))}` : 'Invalid page token, could not base64-decode');
  }
};

export const offsetOf = (token: string | undefined, question: Question = {}): Outcome<number> =>
  token ? positionIn(token, ({ offset }) => (Number.isSafeInteger(offset) && (offset as number) >= 0 ? (offset as number) : undefined), question) : done(0);

/** A page of what was found, as far as it fits; the token is absent on the last one. */
export const pageOf = <T>(items: readonly T[], offset: number, size: number, question: Question = {}, fits: (item: T) => boolean = () => true): { items: T[]; next?: string } => {
  const page = items.slice(offset, offset + size);
  const beyond = page.findIndex((item) => !fits(item));
  const end = offset + (beyond < 0 ? size : beyond);
  return { items: page.slice(0, end - offset), ...(end < items.length ? { next: tokenOf({ offset: end }, question) } : {}) };
};

/** How many a page holds; what lies outside the range is refused. */
export const pageSize = (given: number | undefined, { least, most, unset }: { least: number; most: number; unset: number }): Outcome<number> => {
  const size = given ?? unset;
  if (size < least) return invalid(`Invalid value ${size} for parameter 'max_results' supplied. It must be a positive integer`);
  if (size > most) return invalid(`Invalid value ${size} for parameter 'max_results' supplied. It must be at most ${most}`);
  return done(size);
};
