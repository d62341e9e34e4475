import type { Draft, Finding, Refusal, Unit } from '../../reading.ts';
import { KeySet } from '../odm/key-set.ts';
import { type CompiledMapping, compileMapping, tableOf } from './compile-mapping.ts';
import { makeDrafts } from './make-drafts.ts';
import type { TableMapping } from './mapping.ts';
import { cellAt, readRecord, recordNameOf, textAt } from './read-record.ts';
import type { SubjectDates } from './resolve-timing.ts';
import type { TableRow } from './table-row.ts';

/** Begins reading the rows of a set anew each time that it is called. What is not a row goes through as it is. */
export type OpenRows = () => AsyncIterable<TableRow | Refusal | Unit>;

/** Makes units of a set's rows by the mapping. Rows that others refer to are read first, in a pass of their own. */
export async function* tableUnits(open: OpenRows, mapping: TableMapping): AsyncGenerator<Unit | Refusal> {
  const compiled = compileMapping(mapping);
  const known = await readReferences(open, compiled);
  const seen = new KeySet();
  for await (const item of open()) {
    if (!('cells' in item)) yield item;
    else yield unitOf(item, compiled, known, seen);
  }
}

type References = { dates: ReadonlyMap<string, SubjectDates>; visits: KeySet };

/** Dates of subjects and names of visits: what rows of any file may refer to. */
const readReferences = async (open: OpenRows, compiled: CompiledMapping): Promise<References> => {
  const { subjects, visits } = compiled.mapping;
  const dates = new Map<string, SubjectDates>();
  const known: References = { dates, visits: new KeySet() };
  if (!subjects && !visits) return known;
  for await (const item of open()) {
    if (!('cells' in item)) continue;
    const table = tableOf(compiled, item.table, item.cells);
    if (!table || (table.name !== subjects?.table.toUpperCase() && table.name !== visits?.table.toUpperCase())) continue;
    const { cells, findings } = readRecord(table, item.cells);
    if (findings.length > 0) continue;
    if (table.name === subjects?.table.toUpperCase()) {
      const days = subjects.dates.flatMap((column) => {
        const cell = cellAt(cells, column);
        return cell.kind === 'date' && (cell.moment.precision === 'day' || cell.moment.precision === 'time') ? [[column, cell.moment.day] as const] : [];
      });
      dates.set(textAt(cells, subjects.key) ?? '', new Map(days));
    }
    if (table.name === visits?.table.toUpperCase() && item.record === undefined) known.visits.add(recordNameOf(table.name, visits.record, cells));
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
    const visit = visits && table.name !== visits.table.toUpperCase() && visits.record.every((column) => cellAt(cells, column).kind !== 'absent') ? recordNameOf(visits.table.toUpperCase(), visits.record, cells) : null;
    drafts = makeDrafts(map.rows, cells, { subject, record, dates: known.dates.get(subject), visit: visit !== null && known.visits.has(visit) ? visit : null, targets }, findings);
  }
  if (told.length + findings.length > 0) return leftOut([...told, ...findings]);
  // a set so large that there is no room for its names is not searched for doubles; the later then supersedes
  if (seen.add(record) === false) return leftOut([{ field: null, reason: 'duplicate-record' }]);
  return { ...at, drafts, record };
};

const distinct = (findings: readonly Finding[]): Finding[] => [...new Map(findings.map((finding) => [`${finding.reason} ${finding.field ?? ''}`, finding])).values()];
