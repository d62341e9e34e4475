import type { Clause } from './filter.ts';

const patterns = new Map<string, RegExp>();
/** SQL's LIKE as a pattern: % any characters, _ one character. */
const like = (pattern: string, flags: string): RegExp => {
  const known = patterns.get(flags + pattern);
  if (known) return known;
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  const made = new RegExp(`^${source}$`, flags);
  if (patterns.size > 1000) patterns.clear();
  patterns.set(flags + pattern, made);
  return made;
};

/** Whether a comparison holds for a value; one that is absent fulfils IS NULL only. */
export const holds = ({ comparator, value }: Clause, found: string | number | undefined | null): boolean => {
  const absent = found === undefined || found === null;
  if (comparator === 'IS NULL') return absent;
  if (comparator === 'IS NOT NULL') return !absent;
  if (absent) return false;
  switch (comparator) {
    case '=':
      return found === value;
    case '!=':
      return found !== value;
    case '>':
      return found > value!;
    case '>=':
      return found >= value!;
    case '<':
      return found < value!;
    case '<=':
      return found <= value!;
    case 'LIKE':
      return like(value as string, 'su').test(String(found));
    case 'ILIKE':
      return like(value as string, 'siu').test(String(found));
    case 'IN':
      return (value as string[]).includes(String(found));
    case 'NOT IN':
      return !(value as string[]).includes(String(found));
    default:
      return false;
  }
};
