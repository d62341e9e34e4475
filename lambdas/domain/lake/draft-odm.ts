import { draftColumn } from './draft-columns.ts';
import { draftBase } from './draft-map.ts';
import { columnNotes, describe, tableDraft, unitOf } from './draft-table.ts';
import { checkRecord } from './formats/odm/check-record.ts';
import { OdmMap } from './formats/odm/map.ts';
import { newScan, scanOdm } from './formats/odm/scan.ts';
import type { ItemGroupData } from './formats/odm/clinical-data.ts';
import { XmlRefusal } from './formats/odm/xml-refusal.ts';
import type { SetFile } from './reading.ts';

const SAMPLED_RECORDS = 20_000;
const SUBJECT = 'USUBJID';
/** What a document says of a record outside its items; of these a site is a fact of the patient. */
const CONTEXT = new Set(['STUDYID', 'DOMAIN', 'ASOFDTC', 'STUDYEVENTOID', 'STUDYEVENTREPEATKEY', 'FORMOID', 'ITEMGROUPOID', 'ITEMGROUPREPEATKEY']);

/** A draft of a source map for an ODM document, from its definitions and the data in it: each item group a table. */
export const draftOdm = async (name: string, file: SetFile): Promise<{ map: unknown; notes: string[] } | { problem: string }> => {
  const scan = newScan();
  const records: ItemGroupData[] = [];
  try {
    for await (const entry of scanOdm(file, scan)) if (entry.kind === 'data' && entry.items.length > 0 && records.length < SAMPLED_RECORDS) records.push(entry);
  } catch (error) {
    if (error instanceof XmlRefusal) return { problem: error.message };
    throw error;
  }
  if (records.length === 0) return { problem: 'the document must have clinical data: a map is drafted from what its item groups hold' };
  const bare = OdmMap.parse({
    ...draftBase(name, 'odm'),
    mapping: { tables: { NONE: { title: '', record: [SUBJECT], subject: SUBJECT, columns: { [SUBJECT]: { type: 'text' } }, rows: [] } } },
  });
  const checked = records.map((record) => checkRecord(record, `${record.study}-${record.subject}`, scan.definitions, bare));
  const drafts = [...Map.groupBy(checked, ({ table }) => table)].map(([table, rows]) => ({ table, ...draftGroup(name, table, rows) }));
  const map = {
    ...draftBase(name, 'odm'),
    mapping: {
      codelists: Object.assign({}, ...drafts.map(({ codelists }) => codelists)),
      tables: Object.fromEntries(drafts.map(({ table, map: drafted }) => [table, drafted])),
    },
  };
  return { map, notes: drafts.flatMap(({ table, notes }) => notes.map((note) => `${table}: ${note}`)) };
};

const draftGroup = (source: string, table: string, rows: readonly { cells: ReadonlyMap<string, string | number | null> }[]) => {
  const names = [...new Set(rows.flatMap(({ cells }) => [...cells.keys()]))].filter(
    (column) => !CONTEXT.has(column) && (column !== 'SITEID' || rows.some(({ cells }) => cells.get(column))),
  );
  const columns = names.map((column) => {
    if (column === SUBJECT) return { name: column, type: 'key' as const, filled: rows.length };
    const drafted = draftColumn(
      column,
      rows.map(({ cells }) => String(cells.get(column) ?? '')),
    );
    if (names.some((other) => unitOf(other) === column)) return { ...drafted, about: 'unit' as const };
    // another key in the form is another identifier of the patient, or the number of a row
    return drafted.type === 'key' ? { ...drafted, type: 'identity' as const } : drafted;
  });
  const key = columns.find((column) => column.name === SUBJECT)!;
  const described = { ...describe(columns, key), record: [key] };
  const { table: drafted, codelists } = tableDraft({ source, title: `item group ${table}`, type: 'case report form', lists: `${table}_` }, columns, described);
  return { map: { ...drafted, otherColumns: 'drop' }, codelists, notes: columnNotes(columns, described) };
};
