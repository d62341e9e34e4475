import type { SetFile } from '../../reading.ts';
import type { ItemGroupData, Removal } from './clinical-data.ts';
import type { Definitions } from './definitions.ts';
import type { OdmMap } from './map.ts';
import { newScan, type OdmScan, scanOdm } from './scan.ts';
import { type SubjectNames, subjectNames } from './subjects.ts';
import { ChangedRecords, type Held, type TransactionError, TransactionState } from './transactions.ts';

/** What must be known of a whole set before one of its documents can be read. Files are named by their place in the set. */
export type DocumentSet = {
  definitions: Definitions;
  subjects: SubjectNames;
  changed: ChangedRecords;
  /** what became of the changed records, at the file that says them last */
  held: ReadonlyMap<number, readonly Held[]>;
  /** transactions that must not be, by their place among a file's data */
  errors: ReadonlyMap<number, ReadonlyMap<number, TransactionError>>;
  /** why a file is not read */
  failures: ReadonlyMap<number, unknown>;
};

type Document = { file: SetFile; scan: OdmScan };

/**
 * Looks through a set of ODM documents: each must be well-formed to its end, or nothing of it is taken; definitions of one hold for all;
 * transactions are applied in the order of the time that the files themselves say.
 */
export const lookThrough = async (files: readonly SetFile[], map: OdmMap): Promise<DocumentSet> => {
  const changed = new ChangedRecords();
  const failures = new Map<number, unknown>();
  const documents: Document[] = [];
  for (const file of files) {
    const scan = newScan();
    try {
      for await (const entry of scanOdm(file, scan)) changed.note(entry);
      documents.push({ file, scan });
    } catch (error) {
      failures.set(file.index, error);
    }
  }
  documents.sort(byTime);
  const definitions = together(documents);
  const subjects = await subjectNames(
    documents.map(({ file }) => file),
    definitions,
    map,
  );
  return { definitions, subjects, changed, failures, ...(await transact(documents, changed, failures)) };
};

const byTime = (a: Document, b: Document): number => {
  const [left, right] = [a, b].map(({ file, scan }) => [scan.header!.asOf, scan.header!.fileOid, String(file.index).padStart(9, '0')].join('\0')) as [string, string];
  return left < right ? -1 : 1;
};

/** A definition that is in several files is that of the latest. */
const together = (documents: Document[]): Definitions => ({
  versions: new Map(documents.flatMap(({ scan }) => [...scan.definitions.versions])),
  units: new Map(documents.flatMap(({ scan }) => [...scan.definitions.units])),
});

const transact = async (documents: Document[], changed: ChangedRecords, failures: Map<number, unknown>): Promise<Pick<DocumentSet, 'held' | 'errors'>> => {
  const state = new TransactionState();
  const errors = new Map<number, Map<number, TransactionError>>();
  for (const { file, scan } of changed.any ? documents : []) {
    const here = new Map<number, TransactionError>();
    errors.set(file.index, here);
    const apply = (entry: ItemGroupData | Removal): TransactionError | null => {
      if (entry.kind === 'removal') return state.remove(file.index, entry) ? null : 'broken-reference';
      return changed.has(entry) ? state.apply(file.index, entry, scan.header!.transactional) : null;
    };
    let place = 0;
    try {
      for await (const entry of scanOdm(file, newScan())) {
        const error = apply(entry);
        if (error) here.set(place, error);
        place += 1;
      }
    } catch (error) {
      failures.set(file.index, error);
    }
  }
  return { held: Map.groupBy(state.held.values(), ({ file }) => file), errors };
};
