import type { Reader, SetFile } from '../../reading.ts';
import { KeySet } from '../../key-set.ts';
import type { TableMapping } from './mapping.ts';
import { type OpenRows, readReferences, unitsOfRows } from './table-units.ts';

/** A format's parser: the rows of its files. */
export type RowParser<M> = (files: readonly SetFile[], map: M, only?: ReadonlySet<string>) => ReturnType<OpenRows>;

/**
 * Reads a format's tables by the mapping of its source. Rows that others refer to are looked for in all files of the set first; then each
 * file is read for itself.
 */
export const tableReader = <M extends { mapping: TableMapping }>(parse: RowParser<M>): { prepare: (files: readonly SetFile[], map: M) => Promise<Reader<M>> } => ({
  prepare: async (set, first) => {
    const references = await readReferences(
      set.map(
        (file): OpenRows =>
          (only) =>
            parse([file], first, only),
      ),
      first.mapping,
    );
    const complete: KeySet[] = [];
    return (files, map) => {
      const own = new KeySet();
      const add = (record: string): boolean | null => (complete.some((names) => names.has(record)) ? false : own.add(record));
      // nothing of a file that is refused is admitted: its records in another file are no doubles
      return unitsOfRows(parse(files, map), map.mapping, references, { add, complete: () => complete.push(own) });
    };
  },
});
