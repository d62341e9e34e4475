import type { CompiledMapping, CompiledTable } from '../table/compile-mapping.ts';

/** A file has no name that says what it holds: its table is the one whose columns its header has, of several the one with the most. */
export const findTable = ({ tables }: CompiledMapping, header: readonly string[]): CompiledTable | { problem: string } => {
  const found = new Set(header.filter((name) => name !== ''));
  const fitted = [...tables.values()].map((table) => ({ table, ...fit(table, found) }));
  const fitting = fitted.filter(({ missing, unknown }) => missing.length === 0 && unknown === 0).sort((a, b) => b.present - a.present);
  if (fitting[0]) return fitting[0].table;
  const [closest] = fitted.sort((a, b) => b.present - a.present || a.missing.length - b.missing.length);
  const { table, missing, unknown, present } = closest!;
  if (present === 0) return { problem: `the first line must be the header of ${[...tables.keys()].join(' or ')}: none of their columns is there` };
  if (missing.length > 0)
    return {
      problem: `no table of the source has this header: that of ${table.name}, the closest, must have ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}`,
    };
  return {
    problem: `no table of the source has this header: ${table.name}, the closest, does not describe ${unknown} of its columns; one that is not wanted is described as dropped`,
  };
};

const fit = ({ map }: CompiledTable, found: ReadonlySet<string>): { missing: string[]; unknown: number; present: number } => {
  const described = Object.keys(map.columns);
  const needed = map.otherColumns === 'drop' ? [...map.record, map.subject] : described.filter((name) => !map.optional.includes(name));
  const keys = new Set(described.map((name) => name.toUpperCase()));
  return {
    missing: needed.filter((name) => !found.has(name.toUpperCase())),
    unknown: map.otherColumns === 'drop' ? 0 : [...found].filter((name) => !keys.has(name)).length,
    present: [...keys].filter((name) => found.has(name)).length,
  };
};
