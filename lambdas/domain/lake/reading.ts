import type { Reason, RefusalReason } from '../../../config/catalog/quarantine-reasons.ts';
import type { OMOP_TABLES, OmopTable } from './omop-tables.ts';

type Columns<T extends OmopTable> = keyof (typeof OMOP_TABLES)[T]['columns'];

/**
 * A row of an OMOP table as a format's reader makes it: the source's own keys and real dates (`YYYY-MM-DD`, `YYYY-MM-DDTHH:MM:SS`). It is
 * PHI. What the ingest adds alike for every format: the row's id, `person_id`, `visit_occurrence_id`, `care_site_id`, the de-identified
 * dates and the provenance.
 */
export type Draft<T extends OmopTable = OmopTable> = {
  [t in T]: {
    table: t;
    /** the patient's key in the source's namespace; null in the tables that know no patient (care_site, location, provider) */
    subject: t extends 'care_site' | 'location' | 'provider' ? null : string;
    /** the record it comes from, one name in all files of the source (`Observation/1a2b`, `LB 01-701-1015 12`): said again, it supersedes */
    record: string;
    values: { [column in Exclude<Columns<t>, 'person_id' | 'visit_occurrence_id' | 'care_site_id'>]?: string | number | null };
    /** the `record` of its visit_occurrence, and its care site's code, where the source says them */
    visit?: string | null;
    careSite?: string | null;
  };
}[T];

/** Where a record fails: the field (a column, an element's path; null: the record as a whole) and the reason. Never its value. */
export type Finding = { field: string | null; reason: Reason };

/** A gene's call for one sample. */
export type Call = {
  sample: string;
  gene: string;
  diplotype: string | null;
  outcome: string /** rsids or positions that the file has no record of */;
  missing?: readonly string[];
};

/** One record that was read: what it becomes, or what speaks against it. A record is counted once, whatever it makes. */
export type Unit = {
  /** the file's place in the set, from 0 */
  file: number;
  /** `row 3`, `line 17`, `entry 4`: a place, never a key or a name */
  where: string;
  call?: Call;
} & (
  | { drafts: Draft[] /** the record, where it may make no row and is known all the same */; record?: string }
  | { findings: Finding[] /** the source's own text, for the quarantine */; text: string }
  | { deleted: { record: string }[] }
);

/** A file that is left out whole; the detail names a place and what is allowed, never a value. */
export type Refusal = { file: number; refused: RefusalReason; detail: string };

/** One file of a set, on local disk. `open` answers its bytes, expanded where it is gzip or zlib, within the limits, until a time (ms of the epoch) if one is said. */
export type SetFile = { index: number; path: string; extension: string; bytes: number; until?: number; open: () => AsyncIterable<Uint8Array> };

/** One unit, or those of some lines: a promise for each of millions of units would cost more than the unit. */
export type Units = Unit | Refusal | Iterable<Unit | Refusal>;
export const eachUnit = (units: Units): Iterable<Unit | Refusal> => (Symbol.iterator in units ? units : [units]);

/**
 * Reads the files of one set. Order of files and of records in them does not change what is made of them; memory does not grow with the
 * size of a file. A file that is refused does not end the others.
 */
export type Reader<M> = (files: readonly SetFile[], map: M) => AsyncIterable<Units>;
