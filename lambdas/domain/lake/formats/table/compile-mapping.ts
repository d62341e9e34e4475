import { isTellableName } from '../../identifier-form.ts';
import type { TableMap, TableMapping } from './mapping.ts';
import { type CellReader, cellReader } from './read-table-cell.ts';

export type CompiledTable = { name: string; map: TableMap; columns: readonly { name: string; key: string; required: boolean; read: CellReader }[] };

export type CompiledMapping = { mapping: TableMapping; tables: ReadonlyMap<string, CompiledTable> /** columns of any table, in upper case */; described: ReadonlySet<string> };

const compiled = new WeakMap<TableMapping, CompiledMapping>();

/** The mapping with its columns made ready to read cells, by tables' names in upper case; once for each mapping. */
export const compileMapping = (mapping: TableMapping): CompiledMapping => {
  const before = compiled.get(mapping);
  if (before) return before;
  const lists = new Map(Object.entries(mapping.codelists).map(([name, { codes, extensible }]) => [name, { codes: new Set(codes), extensible }]));
  const reading = { codesOf: (list: string) => lists.get(list)!, nullTokens: new Set(mapping.nullTokens) };
  const tables = Object.entries(mapping.tables).map(([name, map]): [string, CompiledTable] => {
    const described = Object.entries(map.columns).filter(([, column]) => column.type !== 'drop');
    const columns = described.map(([column, description]) => ({
      name: column,
      key: column.toUpperCase(),
      required: ('required' in description && description.required) || column === map.subject,
      read: cellReader(description, reading),
    }));
    return [name.toUpperCase(), { name: name.toUpperCase(), map, columns }];
  });
  const described = new Set(Object.values(mapping.tables).flatMap(({ columns }) => Object.keys(columns).map((column) => column.toUpperCase())));
  const result = { mapping, tables: new Map(tables), described };
  compiled.set(mapping, result);
  return result;
};

/** How a finding names a column of a file. A file names its columns as it likes, even after a person: what could not be in a data dictionary is not told. */
export const toldColumn = ({ described }: CompiledMapping, name: string): string =>
  described.has(name.toUpperCase()) || isTellableName(name) ? name : 'a column that the map does not describe';

/** The table that a row of a dataset is of: the one that the row names, else that of the dataset's own name; null: one that the map does not have. */
export const tableOf = ({ mapping, tables }: CompiledMapping, dataset: string, cells: ReadonlyMap<string, string | number | null>): CompiledTable | null => {
  const said = mapping.tableFrom === undefined ? null : cells.get(mapping.tableFrom.toUpperCase());
  const named = typeof said === 'string' ? said.trim().toUpperCase() : '';
  return tables.get(named === '' ? dataset.toUpperCase() : named) ?? null;
};

/** Whether the mapping keeps a dataset. Split ones have their domain's code before their own (SDTMIG 3.4, section 4.1.7): LBCH, QSPH. */
export const isKept = (mapping: TableMapping, dataset: string, columns: readonly string[]): boolean => {
  const compiled = compileMapping(mapping);
  const namesTable = mapping.tableFrom !== undefined && columns.includes(mapping.tableFrom.toUpperCase());
  return (namesTable ? [dataset, dataset.slice(0, 2)] : [dataset]).some((name) => tableOf(compiled, name, new Map()) !== null);
};
