import { keyedHash } from './keyed-hash.ts';
import { OMOP_TABLE_NAMES, type OmopTable } from './omop-tables.ts';
import { careSiteIdOf, personIdOf, pseudonymOf } from './pseudonym.ts';
import type { Draft } from './reading.ts';
import { rowIdOf } from './row-id.ts';

/** What the ingest adds to a row of any format. Identifiers beyond 53 bits are decimal text. */
export type OwnCells = { id: string | null; person_id: number | null; person_source_value: string | null; visit_occurrence_id: string | null; care_site_id: number | null };

/**
 * A row on its way to the lake: its identifiers are made, its dates are still the real ones. `record_key` is the keyed name of the record that it
 * comes from, `source_location` the record's place in its file.
 */
export type StagedRow = {
  table: OmopTable | 'record' | 'deletion';
  record_key: string;
  source_location: string;
  own: OwnCells;
  values: Readonly<Record<string, string | number | null | undefined>>;
};

export const ownCells = (cells: Partial<OwnCells>): OwnCells => ({ id: null, person_id: null, person_source_value: null, visit_occurrence_id: null, care_site_id: null, ...cells });

const WITHOUT_ID: ReadonlySet<OmopTable> = new Set(['person', 'death', 'care_site']);
const ID_COLUMNS = Object.fromEntries(OMOP_TABLE_NAMES.map((table) => [table, WITHOUT_ID.has(table) ? null : `${table}_id`])) as Record<OmopTable, string | null>;
/** The column of a row's own id, where it is made of its record and ordinal. */
export const idColumnOf = (table: OmopTable): string | null => ID_COLUMNS[table];

/** Gives drafts of one record their identifiers; subjects that were seen are remembered, so that a pseudonym is computed once. */
export class Identifier {
  readonly #secret: Uint8Array;
  readonly #namespace: string;
  readonly #keyedHash: (text: string) => string;
  #lastRecord: string | null = null;
  #lastKey = '';
  readonly #visits = new Map<string, string>();
  readonly #people = new Map<string, { personId: number; pseudonym: string }>();

  constructor(secret: Uint8Array, namespace: string) {
    this.#secret = secret;
    this.#namespace = namespace;
    this.#keyedHash = keyedHash(secret);
  }

  person(subject: string): { personId: number; pseudonym: string } {
    const known = this.#people.get(subject);
    if (known) return known;
    const pseudonym = pseudonymOf(this.#secret, this.#namespace, subject);
    const person = { personId: personIdOf(pseudonym), pseudonym };
    if (this.#people.size >= REMEMBERED) this.#people.clear();
    this.#people.set(subject, person);
    return person;
  }

  #keyOf(record: string): string {
    return this.#keyedHash(`record:${this.#namespace}:${record}`).slice(0, 32);
  }

  /** A record's keyed name, 32 hex digits: the first half of HMAC-SHA256 over `record:<namespace>:<record>`. */
  recordKey(record: string): string {
    // rows of one record come together
    if (record !== this.#lastRecord) {
      this.#lastKey = this.#keyOf(record);
      this.#lastRecord = record;
    }
    return this.#lastKey;
  }

  /** `visit_occurrence_id` of the record that is the visit. */
  visitId(visit: string): string {
    const known = this.#visits.get(visit);
    if (known) return known;
    const id = rowIdOf('visit_occurrence', this.#keyOf(visit), 0);
    if (this.#visits.size >= REMEMBERED) this.#visits.clear();
    this.#visits.set(visit, id);
    return id;
  }

  rows(drafts: readonly Draft[], where: string): StagedRow[] {
    const [only] = drafts;
    if (drafts.length === 1) return [this.#row(only!, 0, where)];
    const counted = new Map<string, Map<OmopTable, number>>();
    let rows = new Map<OmopTable, number>();
    let of: string | null = null;
    return drafts.map((draft) => {
      if (draft.record !== of) {
        of = draft.record;
        rows = counted.get(of) ?? new Map();
        counted.set(of, rows);
      }
      const ordinal = rows.get(draft.table) ?? 0;
      rows.set(draft.table, ordinal + 1);
      return this.#row(draft, ordinal, where);
    });
  }

  /** @param ordinal among the record's rows in the table */
  #row({ table, subject, record, values, visit, careSite }: Draft, ordinal: number, where: string): StagedRow {
    const recordKey = this.recordKey(record);
    const person = subject === null ? null : this.person(subject);
    const visitId = visit ? this.visitId(visit) : null;
    const own = {
      id: idColumnOf(table) === null ? null : table === 'visit_occurrence' && visitId !== null ? visitId : rowIdOf(table, recordKey, ordinal),
      person_id: person?.personId ?? null,
      person_source_value: person?.pseudonym ?? null,
      visit_occurrence_id: visitId,
      care_site_id: table === 'care_site' || careSite ? careSiteIdOf(this.#namespace, careSite ?? record) : null,
    };
    return { table, record_key: recordKey, source_location: where, own, values };
  }
}

const REMEMBERED = 200_000;
