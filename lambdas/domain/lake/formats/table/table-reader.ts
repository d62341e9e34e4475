import type { Draft, Finding, Reader, Refusal, SetFile, Unit } from '../../reading.ts';
import { KeySet } from '../odm/key-set.ts';
import { type CompiledMapping, compileMapping, tableOf } from './compile-mapping.ts';
import { makeDrafts } from './make-drafts.ts';
import type { TableMapping } from './mapping.ts';
import { cellAt, readRecord, recordNameOf, textAt } from './read-record.ts';
import type { SubjectDates } from './resolve-timing.ts';
import type { TableRow } from './table-row.ts';

/** A format's parser. With `only`, rows of other tables need not come. What is not a row goes through the reader as it is. */
export type RowParser<M> = (files: readonly SetFile[], map: M, only?: ReadonlySet<string>) => AsyncIterable<TableRow | Refusal | Unit>;

/**
 * Reads a format's tables by the mapping of its source. Rows that others refer to are looked for in all files of the set first; then each
 * file is read for itself.
 */
export const tableReader = <M extends { mapping: TableMapping }>(parse: RowParser<M>): { prepare: (files: readonly SetFile[], map: M) => Promise<Reader<M>> } => ({
  prepare: async (all, first) => {
    const compiled = compileMapping(first.mapping);
    const known = await readReferences(all, first, parse, compiled);
    const seen = new KeySet();
    return async function* (files, map) {
      for await (const item of parse(files, map)) yield 'cells' in item ? unitOf(item, compiled, known, seen) : item;
    };
  },
});

type References = { dates: ReadonlyMap<string, SubjectDates>; visits: KeySet };

/** Dates of subjects and names of visits. */
const readReferences = async <M>(files: readonly SetFile[], map: M, parse: RowParser<M>, compiled: CompiledMapping): Promise<References> => {
  const { subjects, visits } = compiled.mapping;
  const wanted = new Set([subjects, visits].flatMap((each) => (each ? [each.table.toUpperCase()] : [])));
  const dates = new Map<string, SubjectDates>();
  const known: References = { dates, visits: new KeySet() };
  const note = (item: TableRow): void => {
    const table = tableOf(compiled, item.table, item.cells);
    if (!table || !wanted.has(table.name)) return;
    const { cells, findings } = readRecord(table, item.cells);
    if (findings.length > 0 || (item.findings ?? []).length > 0) return;
    if (table.name === subjects?.table.toUpperCase()) {
      const days = subjects.dates.flatMap((column) => {
        const cell = cellAt(cells, column);
        return cell.kind === 'date' && (cell.moment.precision === 'day' || cell.moment.precision === 'time') ? [[column, cell.moment.day] as const] : [];
      });
      dates.set(textAt(cells, subjects.key) ?? '', new Map(days));
    }
    if (table.name === visits?.table.toUpperCase() && item.record === undefined) known.visits.add(recordNameOf(table.name, visits.record, cells));
  };
  for (const file of wanted.size > 0 ? files : []) {
    try {
      for await (const item of parse([file], map, wanted)) if ('cells' in item) note(item);
    } catch {
      // what is wrong with the file comes again, and is told, when the file itself is read
    }
  }
  return known;
};

const unitOf = (row: TableRow, compiled: CompiledMapping, known: References, seen: KeySet): Unit => {
  const at = { file: row.file, where: row.where };
  const leftOut = (findings: readonly Finding[]): Unit => ({ ...at, findings: distinct(findings), text: row.text() });
  const told = row.findings ?? [];
  if (told.some(({ field }) => field === null)) return leftOut(told);
  const table = tableOf(compiled, row.table, row.cells);
  if (!table) return leftOut([...told, { field: null, reason: 'not-mapped' }]);
  const { cells, findings } = readRecord(table, row.cells);
  const { map } = table;
  const subject = textAt(cells, map.subject) ?? '';
  const record = row.record ?? recordNameOf(table.name, map.record, cells);
  let drafts: Draft[] = [];
  if (findings.length === 0) {
    const { visits, targets } = compiled.mapping;
    const named = visits && table.name !== visits.table.toUpperCase() && visits.record.every((column) => cellAt(cells, column).kind !== 'absent');
    const visit = named ? recordNameOf(visits.table.toUpperCase(), visits.record, cells) : null;
    drafts = makeDrafts(map.rows, cells, { subject, record, dates: known.dates.get(subject), visit: visit !== null && known.visits.has(visit) ? visit : null, targets }, findings);
  }
  if (told.length + findings.length > 0) return leftOut([...told, ...findings]);
  // a set so large that there is no room for its names is not searched for doubles; the later then supersedes
  if (seen.add(record) === false) return leftOut([{ field: null, reason: 'duplicate-record' }]);
  return { ...at, drafts, record };
};

const distinct = (findings: readonly Finding[]): Finding[] => [...new Map(findings.map((finding) => [`${finding.reason} ${finding.field ?? ''}`, finding])).values()];
