import type { ItemGroupData, ItemValue, Removal, Step } from './clinical-data.ts';
import { KeySet } from './key-set.ts';
import { XmlRefusal } from './safe-xml.ts';

const stepText = ({ element, oid, repeatKey }: Step): string => JSON.stringify([element, oid, repeatKey]);

/** The name of a record in all files of a source: study, subject, and the steps down to the item group. */
export const recordName = ({ study, steps }: { study: string; steps: Step[] }): string => `ODM ${JSON.stringify(study)} ${steps.map(stepText).join(' ')}`;

/**
 * Which records a set of files says more than once, or removes: these must be held until all is read, since later transactions change
 * former ones. All others pass at once. Filled in a first pass.
 */
export class ChangedRecords {
  readonly #seen = new KeySet();
  readonly #changed = new KeySet();
  readonly #removals: string[] = [];

  note(entry: ItemGroupData | Removal): void {
    const name = recordName(entry);
    if (entry.kind === 'removal') {
      this.#removals.push(name);
      if (this.#removals.length > MAX_REMOVALS) throw new XmlRefusal('too-large', `a set of files must remove at most ${MAX_REMOVALS} subjects, events and forms`);
      return;
    }
    const added = this.#seen.add(name);
    if (added === null || (!added && this.#changed.add(name) === null)) throw new XmlRefusal('too-large', `a set of files must have at most ${this.#seen.size} item groups’ data`);
    if (entry.transaction === 'Remove') this.#changed.add(name);
  }

  has(name: string): boolean {
    return this.#changed.has(name) || this.#removals.some((removed) => isBelow(name, removed));
  }
}

const MAX_REMOVALS = 100_000;

export const isBelow = (name: string, above: string): boolean => name.startsWith(`${above} `);

/** What became of a record so far. */
export type Held = { file: number; record: ItemGroupData; removed: boolean };

/** Outcome of one transaction that must not be: the entity is there already, or is not there. */
export type TransactionError = 'duplicate-record' | 'broken-reference';

/** So much of changed records is held: the sender of more should send them in more than one set. */
const MAX_HELD_CHARACTERS = 256 * 1024 * 1024;

/** Applies transactions in the order in which they come. ODM 1.3.2, section 2.4.3. */
export class TransactionState {
  readonly held = new Map<string, Held>();
  #characters = 0;

  /** A record's transaction; null: it was applied. In a snapshot (`transactional` false) a record of an earlier file is replaced. */
  apply(file: number, record: ItemGroupData, transactional: boolean): TransactionError | null {
    const name = recordName(record);
    const before = this.held.get(name);
    const exists = before !== undefined && !before.removed;
    const transaction = transactional ? effective(record) : before?.file === file ? 'Insert' : 'Replace';
    if (transaction === 'Insert' && exists) return 'duplicate-record';
    if (transaction === 'Update' && !exists) return 'broken-reference';
    if (transaction === 'Context') return null;
    const items = exists && (transaction === 'Update' || transaction === 'Upsert') ? merged(before.record.items, record.items) : record.items.filter((item) => item.transaction !== 'Remove');
    this.#hold(name, { file, record: { ...record, items }, removed: transaction === 'Remove' });
    return null;
  }

  /** Removes all that is held below a subject, event or form; false: there was nothing. */
  remove(file: number, removal: Removal): boolean {
    const above = recordName(removal);
    let found = false;
    for (const [name, held] of this.held) {
      if (held.removed || !isBelow(name, above)) continue;
      this.held.set(name, { ...held, file, record: { ...held.record, line: removal.line }, removed: true });
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

/** Properties that are not mentioned stay as they are. */
const merged = (before: ItemValue[], now: ItemValue[]): ItemValue[] => {
  const items = new Map(before.map((item) => [item.oid, item]));
  for (const item of now) {
    if (item.transaction === 'Remove') items.delete(item.oid);
    else if (item.transaction !== 'Context') items.set(item.oid, item);
  }
  return [...items.values()];
};
