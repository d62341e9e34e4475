import type { ItemGroupData, ItemValue, Removal, Step } from './clinical-data.ts';
import { KeySet } from '../../key-set.ts';
import { XmlRefusal } from './xml-refusal.ts';

/** The name of a record in all files of a source. */
export const recordName = ({ steps }: { steps: Step[] }): string => steps.at(-1)!.path;

/**
 * Which records a set of files says more than once, or removes: these must be held until all is read, since later transactions change
 * former ones. All others pass at once. Filled in a first pass.
 */
export class ChangedRecords {
  readonly #seen = new KeySet();
  readonly #changed = new KeySet();
  readonly #removed = new KeySet();

  note(entry: ItemGroupData | Removal): void {
    const name = recordName(entry);
    if (entry.kind === 'removal') {
      this.#removed.add(name);
      return;
    }
    const added = this.#seen.add(name);
    if (added === null || (!added && this.#changed.add(name) === null)) throw new XmlRefusal('too-large', `a set of files must have at most ${this.#seen.size} item groups’ data`);
    if (entry.transaction === 'Remove') this.#changed.add(name);
  }

  /** whether there is any */
  get any(): boolean {
    return this.#changed.size + this.#removed.size > 0;
  }

  has(record: ItemGroupData): boolean {
    if (this.#changed.has(recordName(record))) return true;
    if (this.#removed.size === 0) return false;
    return record.steps.some(({ path }) => this.#removed.has(path));
  }
}

const isBelow = (name: string, above: string): boolean => name.startsWith(`${above} `);

/** What became of a record so far. */
export type Held = { file: number; record: ItemGroupData; removed: boolean };

/** Outcome of one transaction that must not be: the entity is there already, or is not there. */
export type TransactionError = 'duplicate-record' | 'broken-reference';

/** So much of changed records is held: the sender of more should send them in more than one set. */
const MAX_HELD_CHARACTERS = 256 * 1024 * 1024;

/** Applies transactions in the order in which they come. ODM 1.3.2, section 2.9. */
export class TransactionState {
  readonly held = new Map<string, Held>();
  #characters = 0;

  /** A record's transaction; null: it was applied. A snapshot (`transactional` false) replaces what an earlier file says of the record. */
  apply(file: number, record: ItemGroupData, transactional: boolean): TransactionError | null {
    const name = recordName(record);
    const held = this.held.get(name);
    const before = held === undefined || held.removed || (!transactional && held.file !== file) ? undefined : held.record.items;
    const transaction = transactional ? effective(record) : 'Insert';
    if (transaction === 'Insert' && before && (transactional || overlap(before, record.items))) return 'duplicate-record';
    if (transaction === 'Update' && !before) return 'broken-reference';
    if (transaction === 'Context') return null;
    const items = merged(transaction === 'Remove' ? [] : (before ?? []), record.items);
    this.#hold(name, { file, record: { ...record, items }, removed: transaction === 'Remove' });
    return null;
  }

  /** Removes all that is held below a subject, event or form; false: there was nothing. */
  remove(file: number, removal: Removal): boolean {
    const above = recordName(removal);
    let found = false;
    for (const [name, held] of this.held) {
      if (held.removed || !isBelow(name, above)) continue;
      this.held.set(name, { ...held, file, record: { ...held.record, line: removal.line, nth: 1 }, removed: true });
      found = true;
    }
    return found;
  }

  #hold(name: string, held: Held): void {
    this.#characters += name.length + held.record.items.reduce((sum, { oid, value }) => sum + oid.length + (value?.length ?? 0) + 64, 0);
    if (this.#characters > MAX_HELD_CHARACTERS) throw new XmlRefusal('too-large', `changed records of a set must have at most ${MAX_HELD_CHARACTERS} characters`);
    this.held.set(name, held);
  }
}

/** Data that are sent for context with an item that is not are changed in that item; where nothing is said, data are new or changed. */
const effective = ({ transaction, items }: ItemGroupData): ItemGroupData['transaction'] =>
  transaction === undefined || (transaction === 'Context' && items.some((item) => item.transaction !== 'Context')) ? 'Upsert' : transaction;

/** An entity may be said in several elements that have disjoint parts of it (section 2.10); a part that is there twice is none of them. */
const overlap = (before: ItemValue[], now: ItemValue[]): boolean => {
  const oids = new Set(before.map(({ oid }) => oid));
  return now.length === 0 || now.some(({ oid }) => oids.has(oid));
};

/** Properties that are not mentioned stay as they are. */
const merged = (before: ItemValue[], now: ItemValue[]): ItemValue[] => {
  if (before.length === 0) return now.filter(({ transaction }) => transaction !== 'Remove' && transaction !== 'Context');
  const items = new Map(before.map((item) => [item.oid, item]));
  for (const item of now) {
    if (item.transaction === 'Remove') items.delete(item.oid);
    else if (item.transaction !== 'Context') items.set(item.oid, item);
  }
  return [...items.values()];
};
