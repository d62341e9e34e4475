import type { Refusal, SetFile, Unit } from '../../reading.ts';
import type { TableRow } from '../table/table-row.ts';
import { type CheckedRecord, checkRecord } from './check-record.ts';
import type { ItemGroupData, Removal } from './clinical-data.ts';
import type { Definitions } from './definitions.ts';
import type { OdmMap } from './map.ts';
import { XmlRefusal } from './safe-xml.ts';
import { newScan, type OdmScan, scanOdm } from './scan.ts';
import { subjectNames } from './subjects.ts';
import { ChangedRecords, recordName, type TransactionError, TransactionState } from './transactions.ts';
import type { OdmHeader } from './version.ts';

type Document = { file: SetFile; header: OdmHeader };

/**
 * The item groups' data of a set of ODM documents, each as a row of a table. Every file is gone through twice: first it must be well-formed
 * to its end, or nothing of it is taken; then its data are read with the definitions of the whole set. Files count in the order of the time
 * that they themselves say.
 */
export async function* odmRows(files: readonly SetFile[], map: OdmMap): AsyncGenerator<TableRow | Refusal | (Unit & { deleted: { record: string }[] })> {
  const changed = new ChangedRecords();
  const documents: Document[] = [];
  const scans: OdmScan[] = [];
  for (const file of files) {
    const scan = newScan();
    try {
      for await (const entry of scanOdm(file, scan)) changed.note(entry);
      documents.push({ file, header: scan.header! });
      scans.push(scan);
    } catch (error) {
      yield refusalOf(file, error);
    }
  }
  const definitions = together(scans);
  documents.sort(byTime);
  const names = await subjectNames(
    documents.map(({ file }) => file),
    definitions,
    map,
  );
  const state = new TransactionState();
  const rowOf = (file: number, record: ItemGroupData, error: TransactionError | null = null): TableRow =>
    dataRow(file, record, checkRecord(record, names(record), definitions, map), error);
  for (const { file, header } of documents) {
    try {
      for await (const entry of scanOdm(file, newScan())) {
        if (entry.kind === 'removal') {
          if (!state.remove(file.index, entry)) yield removalRow(file.index, entry);
        } else if (changed.has(entry)) {
          const error = state.apply(file.index, entry, header.transactional);
          if (error) yield rowOf(file.index, entry, error);
        } else if (entry.transaction === 'Update') yield rowOf(file.index, entry, 'broken-reference');
        else if (entry.transaction !== 'Context' || entry.items.some((item) => item.transaction !== 'Context')) yield rowOf(file.index, entry);
      }
    } catch (error) {
      yield refusalOf(file, error);
    }
  }
  for (const [record, held] of state.held) {
    if (held.removed) yield { file: held.file, where: `line ${held.record.line}`, deleted: [{ record }] };
    else yield rowOf(held.file, held.record);
  }
}

/** What is no fault of the file is none of ours to answer. */
const refusalOf = (file: SetFile, error: unknown): Refusal => {
  if (error instanceof XmlRefusal) return { file: file.index, refused: error.refused, detail: error.message };
  throw error;
};

const byTime = (a: Document, b: Document): number => {
  const [left, right] = [a, b].map(({ file, header }) => [header.asOf, header.fileOid, String(file.index).padStart(9, '0')].join('\0')) as [string, string];
  return left < right ? -1 : 1;
};

/** A definition that is in several files is that of the latest. */
const together = (scans: OdmScan[]): Definitions => {
  const sorted = [...scans].sort((a, b) => (a.header!.asOf < b.header!.asOf ? -1 : 1));
  return { versions: new Map(sorted.flatMap(({ definitions }) => [...definitions.versions])), units: new Map(sorted.flatMap(({ definitions }) => [...definitions.units])) };
};

const dataRow = (file: number, record: ItemGroupData, { table, cells, findings }: CheckedRecord, error: TransactionError | null): TableRow => ({
  file,
  table,
  where: `line ${record.line}`,
  record: recordName(record),
  cells,
  findings: error ? [{ field: 'TransactionType', reason: error }] : findings,
  text: () => JSON.stringify(record),
});

const removalRow = (file: number, removal: Removal): TableRow => ({
  file,
  table: '',
  where: `line ${removal.line}`,
  record: recordName(removal),
  cells: new Map(),
  findings: [{ field: removal.steps.at(-1)!.element, reason: 'broken-reference' }],
  text: () => JSON.stringify(removal),
});
