import type { XmlElement } from './safe-xml.ts';
import { XmlRefusal } from './xml-refusal.ts';
import type { OdmHeader } from './version.ts';

/** ODM 1.3.2, section 2.9 (Transactions). Undefined: a snapshot, or not said. */
export type Transaction = 'Insert' | 'Update' | 'Remove' | 'Upsert' | 'Context';
const TRANSACTIONS: readonly string[] = ['Insert', 'Update', 'Remove', 'Upsert', 'Context'];

/** One step on the way to an item group's data: a subject, an event, a form, an item group. */
export type Step = {
  element: string;
  oid: string;
  repeatKey: string;
  /** of the step and all before it, from the study on: one name in all files of a source */
  path: string;
};

export type ItemValue = {
  oid: string;
  /** its own or inherited */
  transaction: Transaction | undefined;
  /** null: nothing was entered */
  value: string | null;
  isNull: boolean;
  /** a typed element says its value as text; one that has it as an attribute is none */
  misplaced?: true;
  unit: string | null;
  /** of a typed element, such as Date of ItemDataDate */
  type: string | null;
};

/** The data of one item group as they stand in a document. */
export type ItemGroupData = {
  kind: 'data';
  line: number;
  /** among the item groups that begin on its line: a document may be a single one */
  nth: number;
  study: string;
  version: string;
  subject: string;
  site: string | null;
  /** when the data are as the document says, in its own words */
  asOf: string;
  /** from the subject to the item group */
  steps: Step[];
  transaction: Transaction | undefined;
  /** a TransactionType that is none of the five, or not one for a snapshot */
  badTransaction: boolean;
  items: ItemValue[];
};

/** Where item groups' data stand in their document. */
export const placeOf = ({ line, nth }: Pick<ItemGroupData, 'line' | 'nth'>): string => (nth === 1 ? `line ${line}` : `line ${line}, item group ${nth}`);

/** A subject, event or form that is removed with all that it holds. */
export type Removal = { kind: 'removal'; line: number; study: string; subject: string; steps: Step[] };

const LEVELS: Readonly<Record<string, { oid: string; repeatKey: string | null }>> = {
  SubjectData: { oid: 'SubjectKey', repeatKey: null },
  StudyEventData: { oid: 'StudyEventOID', repeatKey: 'StudyEventRepeatKey' },
  FormData: { oid: 'FormOID', repeatKey: 'FormRepeatKey' },
  ItemGroupData: { oid: 'ItemGroupOID', repeatKey: 'ItemGroupRepeatKey' },
};

/** A form has dozens of items; what holds more is no form. */
const MAX_ITEMS = 20_000;
const MAX_RECORD_CHARACTERS = 8 * 1024 * 1024;

type Level = { step: Step; line: number; transaction: Transaction | undefined; own: boolean; bad: boolean; data: ItemGroupData | null; groups: number };

/** Gathers item groups' data and removals while ClinicalData pass. Annotations, comments, audit records and signatures are left where they are. */
export class ClinicalDataCollector {
  /** what is complete and was not yet taken */
  gathered: (ItemGroupData | Removal)[] = [];
  readonly #header: OdmHeader;
  #study = '';
  #version = '';
  #site: string | null = null;
  #levels: Level[] = [];
  #item: ItemValue | null = null;
  #text: string | null = null;
  #held = 0;
  #line = { number: 0, groups: 0 };

  constructor(header: OdmHeader) {
    this.#header = header;
  }

  open(element: XmlElement): void {
    const { name, attribute } = element;
    if (name === 'ClinicalData') {
      this.#study = attribute('StudyOID') ?? '';
      this.#version = attribute('MetaDataVersionOID') ?? '';
    } else if (Object.hasOwn(LEVELS, name)) this.#openLevel(element);
    else if (name === 'SiteRef' && this.#levels.length === 1) this.#site = attribute('LocationOID') || null;
    else if (name.startsWith('ItemData') && this.#levels.at(-1)?.data) this.#openItem(element);
    else if (name === 'MeasurementUnitRef' && this.#item) this.#item.unit = attribute('MeasurementUnitOID') ?? null;
    else if (name === 'Value' && this.#item && this.#text === null) this.#text = '';
  }

  /** The text of an element, between the tags of those within it. */
  text(name: string, text: string): void {
    if (this.#text === null || !(name === 'Value' || isTyped(name))) return;
    this.#hold(text.length);
    this.#text += text;
  }

  close(name: string): void {
    if (Object.hasOwn(LEVELS, name)) this.#closeLevel(name);
    else if (name === 'Value' && this.#item) {
      this.#take(this.#item, this.#text ?? '');
      this.#text = null;
    } else if (name.startsWith('ItemData') && this.#item) {
      if (isTyped(name)) this.#take(this.#item, this.#text ?? '');
      this.#levels.at(-1)!.data!.items.push(this.#item);
      this.#item = null;
      this.#text = null;
    }
  }

  #openLevel({ name, attribute, line }: XmlElement): void {
    const { oid, repeatKey } = LEVELS[name]!;
    const { transaction: own, bad } = this.#transactionOf(attribute('TransactionType'));
    const parent = name === 'SubjectData' ? undefined : this.#levels.at(-1);
    if (name !== 'SubjectData' && !parent)
      throw new XmlRefusal('not-this-format', `line ${line}: ${name} must be within SubjectData; datasets in ODM’s elements (Dataset-XML) are read as Dataset-JSON or XPT`);
    if (name === 'SubjectData') {
      this.#levels = [];
      this.#site = null;
    }
    const said = attribute(oid) ?? '';
    // a subject's key is the same with blanks around it, as in the cells of a table
    const named = { element: name, oid: parent ? said : said.trim(), repeatKey: (repeatKey && attribute(repeatKey)) || '' };
    const step = { ...named, path: `${parent?.step.path ?? `ODM ${JSON.stringify(this.#study)}`} ${JSON.stringify(Object.values(named))}` };
    if (parent) parent.groups += 1;
    const level: Level = { step, line, transaction: own ?? parent?.transaction, own: own !== undefined, bad: bad || parent?.bad === true, data: null, groups: 0 };
    this.#levels.push(level);
    if (name !== 'ItemGroupData') return;
    this.#line = { number: line, groups: line === this.#line.number ? this.#line.groups + 1 : 1 };
    this.#held = 0;
    level.data = {
      kind: 'data',
      line,
      nth: this.#line.groups,
      study: this.#study,
      version: this.#version,
      subject: this.#levels[0]!.step.element === 'SubjectData' ? this.#levels[0]!.step.oid : '',
      site: this.#site,
      asOf: this.#header.asOfLocal,
      steps: this.#levels.map((each) => each.step),
      transaction: level.transaction,
      badTransaction: level.bad,
      items: [],
    };
  }

  #closeLevel(name: string): void {
    const level = this.#levels.pop();
    if (!level || level.step.element !== name) return;
    const steps = [...this.#levels.map((each) => each.step), level.step];
    // an item group that holds only item groups is a form of ODM 2.0
    if (level.data && (level.data.items.length > 0 || level.groups === 0)) this.gathered.push(level.data);
    else if (level.transaction === 'Remove' && level.own) {
      this.gathered.push({ kind: 'removal', line: level.line, study: this.#study, subject: steps[0]!.oid, steps });
    }
  }

  #openItem({ name, attribute }: XmlElement): void {
    const data = this.#levels.at(-1)!.data!;
    if (data.items.length === MAX_ITEMS) throw new XmlRefusal('too-large', `line ${data.line}: an item group must have at most ${MAX_ITEMS} items`);
    const { transaction, bad } = this.#transactionOf(attribute('TransactionType'));
    if (bad) data.badTransaction = true;
    const isNull = attribute('IsNull') === 'Yes';
    this.#item = {
      oid: attribute('ItemOID') ?? '',
      transaction: transaction ?? data.transaction,
      value: null,
      isNull,
      unit: attribute('MeasurementUnitOID') ?? null,
      type: isTyped(name) ? name.slice('ItemData'.length) : null,
    };
    this.#hold(this.#item.oid.length + 16);
    const value = attribute('Value');
    if (isTyped(name)) {
      this.#text = '';
      if (value !== undefined) this.#item.misplaced = true;
    } else if (value !== undefined) {
      this.#hold(value.length);
      this.#take(this.#item, value);
    }
  }

  /** In a snapshot all is new, and another transaction is an error; ODM 2.0 has it ignored there. */
  #transactionOf(said: string | undefined): { transaction: Transaction | undefined; bad: boolean } {
    if (said === undefined) return { transaction: undefined, bad: false };
    if (!this.#header.transactional) return { transaction: undefined, bad: said !== 'Insert' && this.#header.version !== '2.0' };
    return TRANSACTIONS.includes(said) ? { transaction: said as Transaction, bad: false } : { transaction: undefined, bad: true };
  }

  /** ODM 2.0 may give several values to one item; they are kept as one text. */
  #take(item: ItemValue, value: string): void {
    if (value.trim() === '') return;
    item.value = item.value === null ? value.trim() : `${item.value};${value.trim()}`;
  }

  #hold(characters: number): void {
    this.#held += characters;
    if (this.#held > MAX_RECORD_CHARACTERS) throw new XmlRefusal('too-large', `an item group’s data must have at most ${MAX_RECORD_CHARACTERS} characters`);
  }
}

/** ItemDataString, ItemDataInteger and so on: the value is the element's text. */
const isTyped = (name: string): boolean => name.length > 'ItemData'.length && name.startsWith('ItemData');
