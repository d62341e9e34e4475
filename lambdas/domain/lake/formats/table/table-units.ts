import type { Finding, Refusal, Unit } from '../../reading.ts';
import { KeySet } from '../../key-set.ts';
import { type CompiledMapping, compileMapping, tableOf } from './compile-mapping.ts';
import { makeDrafts } from './make-drafts.ts';
import type { TableMapping } from './mapping.ts';
import { cellAt, readRecord, recordNameOf, textAt } from './read-record.ts';
import type { SubjectDates } from './resolve-timing.ts';
import type { TableRow } from './table-row.ts';

/** Begins reading rows anew each time that it is called. With `only`, rows of other tables need not come. What is not a row goes through as it is. */
export type OpenRows = (only?: ReadonlySet<string>) => AsyncIterable<TableRow | readonly TableRow[] | Refusal | Unit>;

/** Units of one stream of rows by the mapping. Rows that others refer to are read first, in a pass of their own. */
export async function* tableUnits(open: OpenRows, mapping: TableMapping): AsyncGenerator<Unit | Refusal> {
  const references = await readReferences([open], mapping);
  yield* unitsOfRows(open(), mapping, references, new KeySet());
}

/** The records that came before. */
export type Seen = {
  /** false: this one did; null: there is no room to know */
  add: (record: string) => boolean | null;
  /** all rows were read, and nothing was refused */
  complete?: () => void;
};

/** Units of rows, records of which were not `seen` before. */
export async function* unitsOfRows(rows: ReturnType<OpenRows>, mapping: TableMapping, references: References, seen: Seen): AsyncGenerator<Unit | Refusal> {
  const compiled = compileMapping(mapping);
  let refused = false;
  for await (const item of rows) {
    if ('cells' in item) yield unitOf(item, compiled, references, seen);
    else if (isBatch(item)) for (const row of item) yield unitOf(row, compiled, references, seen);
    else {
      refused ||= 'refused' in item;
      yield item;
    }
  }
  if (!refused) seen.complete?.();
}

const isBatch = (item: readonly TableRow[] | Refusal | Unit): item is readonly TableRow[] => Array.isArray(item);

/** Dates of subjects and names of visits: what rows of any file of a set may refer to. */
export type References = { dates: ReadonlyMap<string, SubjectDates>; visits: KeySet };

export const readReferences = async (sources: Iterable<OpenRows>, mapping: TableMapping): Promise<References> => {
  const compiled = compileMapping(mapping);
  const { subjects, visits } = mapping;
  const wanted = new Set([subjects, visits].flatMap((each) => (each ? [each.table.toUpperCase()] : [])));
  const dates = new Map<string, SubjectDates>();
  const named = new KeySet();
  const note = (item: TableRow): void => {
    const table = tableOf(compiled, item.table, item.cells);
    if (!table || !wanted.has(table.name)) return;
    const { cells, findings } = readRecord(table, item.cells, item.record !== undefined);
    if (findings.length > 0 || (item.findings ?? []).length > 0) return;
    if (table.name === subjects?.table.toUpperCase()) {
      const days = subjects.dates.flatMap((column) => {
        const cell = cellAt(cells, column);
        return cell.kind === 'date' && (cell.moment.precision === 'day' || cell.moment.precision === 'time') ? [[column, cell.moment.day] as const] : [];
      });
      dates.set(textAt(cells, subjects.key) ?? '', new Map(days));
    }
    if (table.name === visits?.table.toUpperCase() && item.record === undefined) named.add(recordNameOf(table.name, visits.record, cells, item.cells));
  };
  for (const open of wanted.size > 0 ? sources : []) {
    try {
      for await (const item of open(wanted)) {
        if ('cells' in item) note(item);
        else if (isBatch(item)) for (const row of item) note(row);
      }
    } catch {
      // what is wrong with a file comes again, and is told, when its rows are read
    }
  }
  return { dates, visits: named };
};

const unitOf = (row: TableRow, compiled: CompiledMapping, references: References, seen: Seen): Unit => {
  const at = { file: row.file, where: row.where };
  const leftOut = (findings: readonly Finding[]): Unit => ({ ...at, findings: distinct(findings), text: row.text() });
  const told = row.findings ?? [];
  if (told.some(({ field }) => field === null)) return leftOut(told);
  const table = tableOf(compiled, row.table, row.cells);
  if (!table) return leftOut([...told, { field: null, reason: 'not-kept' }]);
  const { cells, findings } = readRecord(table, row.cells, row.record !== undefined);
  const { map } = table;
  const subject = textAt(cells, map.subject) ?? '';
  const record = row.record ?? recordNameOf(table.name, map.record, cells, row.cells);
  const { visits, targets } = compiled.mapping;
  const named = visits && table.name !== visits.table.toUpperCase() && (visits.by ?? visits.record).every((column) => cellAt(cells, column).kind !== 'absent');
  const visit = named ? recordNameOf(visits.table.toUpperCase(), visits.by ?? visits.record, cells) : null;
  const context = { subject, record, dates: references.dates.get(subject), visit: visit !== null && references.visits.has(visit) ? visit : null, targets };
  const against: Finding[] = [];
  const drafts = makeDrafts(map.rows, cells, context, against);
  // a cell that cannot be used is absent to what comes after: that it is missing there is not told
  const further = [...findings, ...against].filter(
    ({ field, reason }, index) =>
      !told.some((finding) => finding.field === field) && (reason !== 'missing-value' || index < findings.length || told.length + findings.length === 0),
  );
  if (told.length + further.length > 0) return leftOut([...told, ...further]);
  // a set so large that there is no room for its names is not searched for doubles; the later then supersedes
  if (seen.add(record) === false) return leftOut([{ field: null, reason: 'duplicate-record' }]);
  return { ...at, drafts, record };
};

const distinct = (findings: readonly Finding[]): Finding[] => [...new Map(findings.map((finding) => [`${finding.reason} ${finding.field ?? ''}`, finding])).values()];
