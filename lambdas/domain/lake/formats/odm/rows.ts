import type { Refusal, SetFile, Unit } from '../../reading.ts';
import type { TableRow } from '../table/table-row.ts';
import { compileMapping } from '../table/compile-mapping.ts';
import { checkRecord, tableOfRecord } from './check-record.ts';
import { type ItemGroupData, placeOf, type Removal } from './clinical-data.ts';
import type { DocumentSet } from './document-set.ts';
import type { OdmMap } from './map.ts';
import { XmlRefusal } from './xml-refusal.ts';
import { newScan, scanOdm } from './scan.ts';
import { recordName, type TransactionError } from './transactions.ts';

type Deleted = Unit & { deleted: { record: string }[] };

/**
 * The item groups' data of documents of a set, each as a row of a table. What was changed comes at the end of the file that says it last.
 * With `only`, rows of other tables that the map names may stay away.
 */
export async function* odmRows(files: readonly SetFile[], map: OdmMap, set: DocumentSet, only?: ReadonlySet<string>): AsyncGenerator<TableRow | Refusal | Deleted> {
  const { tables } = compileMapping(map.mapping);
  const wanted = (record: ItemGroupData): boolean => {
    if (!only) return true;
    const table = tableOfRecord(record, set.definitions, map);
    return only.has(table) || !tables.has(table);
  };
  for (const file of files) {
    try {
      if (set.failures.has(file.index)) throw set.failures.get(file.index);
      yield* documentRows(file, map, set, wanted);
    } catch (error) {
      if (!(error instanceof XmlRefusal)) throw error;
      yield { file: file.index, refused: error.refused, detail: error.message };
    }
  }
}

async function* documentRows(
  file: SetFile,
  map: OdmMap,
  { definitions, subjects, changed, held, errors }: DocumentSet,
  wanted: (record: ItemGroupData) => boolean,
): AsyncGenerator<TableRow | Deleted> {
  const errorsHere = errors.get(file.index);
  const rowOf = (record: ItemGroupData, error: TransactionError | undefined): TableRow => {
    const { table, cells, findings } = checkRecord(record, subjects(record), definitions, map);
    return {
      ...{ file: file.index, table, where: placeOf(record), record: recordName(record), cells },
      findings: error ? [{ field: 'TransactionType', reason: error }] : findings,
      text: () => JSON.stringify(record),
    };
  };
  let place = 0;
  for await (const entry of scanOdm(file, newScan())) {
    const error = errorsHere?.get(place);
    place += 1;
    if (entry.kind === 'removal') {
      if (error) yield removalRow(file.index, entry, error);
    } else if (!wanted(entry)) continue;
    else if (error) yield rowOf(entry, error);
    else if (changed.has(entry)) continue;
    else if (entry.transaction === 'Update') yield rowOf(entry, 'broken-reference');
    else if (entry.transaction !== 'Context' || entry.items.some((item) => item.transaction !== 'Context')) yield rowOf(entry, undefined);
  }
  for (const { record, removed } of held.get(file.index) ?? []) {
    if (removed) yield { file: file.index, where: placeOf(record), deleted: [{ record: recordName(record) }] };
    else if (wanted(record)) yield rowOf(record, undefined);
  }
}

const removalRow = (file: number, removal: Removal, error: TransactionError): TableRow => ({
  ...{ file, table: '', where: `line ${removal.line}`, record: recordName(removal), cells: new Map() },
  findings: [{ field: removal.steps.at(-1)!.element, reason: error }],
  text: () => JSON.stringify(removal),
});
