import { keyedHash } from './keyed-hash.ts';
import type { OmopTable } from './omop-tables.ts';
import { careSiteIdOf, personIdOf, pseudonymOf } from './pseudonym.ts';
import type { Draft } from './reading.ts';
import { rowIdOf } from './row-id.ts';

/**
 * A row on its way to the lake: its identifiers are made, its dates are still the real ones. Columns of its table lie beside these members;
 * `record_key` is the keyed name of the record that it comes from, `source_location` the record's place in its file.
 */
export type StagedRow = { table: OmopTable | 'record' | 'deletion'; record_key: string; source_location: string; [column: string]: string | number | null | undefined };

const ID_COLUMN: Partial<Record<OmopTable, string | null>> = { person: null, death: null, care_site: null };
/** The column of a row's own id, where it is made of its record and ordinal. */
export const idColumnOf = (table: OmopTable): string | null => (table in ID_COLUMN ? ID_COLUMN[table]! : `${table}_id`);

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
    const ordinals = new Map<string, number>();
    return drafts.map((draft) => {
      const { table, subject, record, values, visit, careSite } = draft;
      const recordKey = this.recordKey(record);
      const row: StagedRow = { table, record_key: recordKey, source_location: where, ...values };
      const idColumn = idColumnOf(table);
      if (idColumn) {
        const counted = `${table} ${record}`;
        const ordinal = ordinals.get(counted) ?? 0;
        ordinals.set(counted, ordinal + 1);
        row[idColumn] = rowIdOf(table, recordKey, ordinal);
      }
      if (subject !== null) {
        const { personId, pseudonym } = this.person(subject);
        row['person_id'] = personId;
        if (table === 'person') row['person_source_value'] = pseudonym;
      }
      if (table === 'care_site' || careSite) row['care_site_id'] = careSiteIdOf(this.#namespace, careSite ?? record);
      if (visit) row['visit_occurrence_id'] = this.visitId(visit);
      return row;
    });
  }
}

const REMEMBERED = 200_000;
