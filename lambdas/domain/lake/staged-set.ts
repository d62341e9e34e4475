import type { RefusalReason } from '../../../config/catalog/quarantine-reasons.ts';
import type { ObjectVersion } from '../../contracts/object.ts';
import type { OmopTable } from './omop-tables.ts';
import type { Call, Finding } from './reading.ts';

/** So many left-out records are told one by one; beyond, they are counted. */
export const TOLD_FINDINGS = 10_000;

/** What came of one file. Counts of records, and of rows by OMOP table. */
export type FileReading = {
  /** the file's place in the set */
  file: number;
  read: number;
  admitted: number;
  deleted: number;
  quarantinedRecords: number;
  /** the first TOLD_FINDINGS of them */
  quarantined: { where: string; findings: Finding[] }[];
  /** of all of them: each reason and field once per record */
  reasons: { reason: string; field: string | null; count: number }[];
  rows: Partial<Record<OmopTable, number>>;
  calls?: Call[];
  refused?: { reason: RefusalReason; detail: string };
};

/** A reading as it may leave the landing zone: a sample's name is a patient's. */
export type ToldReading = Omit<FileReading, 'calls'> & { calls?: Omit<Call, 'sample'>[] };

export const withoutSamples = ({ calls, ...reading }: FileReading): ToldReading => (calls ? { ...reading, calls: calls.map(({ sample: _, ...call }) => call) } : reading);

/** What a branch of the ingest wrote down. */
export type BranchReading = { readings: ToldReading[]; sites: string[]; staged: { partition: number; object: ObjectVersion }[]; quarantine: ObjectVersion };

/**
 * What a set of files was made into, on local disk. Staged rows hold real dates: they lie where PHI may lie, until a partition is curated.
 * A staged file is CSV (Zstandard) of one table's lines (staged-line.ts), which its name tells, or Parquet with the same columns (`table`, `record_key`,
 * `source_location`, the OMOP columns that its rows use), by its name's ending. A record without rows is there as well: a row whose `table` is
 * `record`; one that was deleted as `deletion`.
 */
export type StagedSet = {
  files: FileReading[];
  partitions: { partition: number; path: string }[];
  /** NDJSON of `{file, where, findings, text}`; may hold PHI */
  quarantine: string;
  sites: string[];
};
