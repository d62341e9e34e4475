import type { XmlElement } from './safe-xml.ts';
import { XmlRefusal } from './xml-refusal.ts';

export type RangeCheck = { comparator: string; values: string[]; unit: string | null };

export type ItemDefinition = {
  /** `SDSVarName` or an alias in SDTM, else `SASFieldName`, as the standard's way to say the column; null: neither */
  sdsVarName: string | null;
  sasFieldName: string | null;
  dataType: string;
  codeList: string | null;
  units: string[];
  /** those that are hard: a value that fails is an error. A soft one is a warning and checks nothing here. */
  hardChecks: RangeCheck[];
};

export type ItemGroupDefinition = {
  /** `Domain`, else `SASDatasetName` or (2.0) `DatasetName`, else an alias in SDTM; null: none of them */
  table: string | null;
  items: Map<string, { mandatory: boolean }>;
  /** 2.0: item groups may hold others */
  groups: Set<string>;
};

/** What a MetaDataVersion says of its clinical data. */
export type MetaDataVersion = {
  /** the version that this one builds on */
  include: string | null;
  events: Set<string>;
  forms: Set<string>;
  groups: Map<string, ItemGroupDefinition>;
  items: Map<string, ItemDefinition>;
  /** codes of a list; null: the list is kept by others (ExternalCodeList) */
  codeLists: Map<string, Set<string> | null>;
};

/** The definitions of a set of files: MetaDataVersions by study and OID, measurement units' symbols by study and OID. */
export type Definitions = { versions: Map<string, MetaDataVersion>; units: Map<string, string> };

export const versionKey = (study: string, version: string): string => JSON.stringify([study, version]);
export const unitKey = (study: string, unit: string): string => JSON.stringify([study, unit]);

/** `MHTERM`, `MH.MHTERM`: the name of a domain or variable; what says more than a name says none. */
const sdtmName = (alias: string): string | null => /^(?:[A-Z]{2}\.)?([A-Z][A-Z0-9]{1,7})$/.exec(alias.trim())?.[1] ?? null;

/** Definitions are held whole: real ones have some thousands of items and codes. */
const MAX_DEFINITION_CHARACTERS = 64 * 1024 * 1024;

const yes = (said: string | undefined): boolean => said === 'Yes';

/** Gathers definitions while a document passes: `open` and `close` get the elements within Study that are of the document's namespace. */
export class DefinitionCollector {
  readonly definitions: Definitions = { versions: new Map(), units: new Map() };
  #held = 0;
  #study = '';
  #version: MetaDataVersion | null = null;
  #group: ItemGroupDefinition | null = null;
  #item: ItemDefinition | null = null;
  #codeList: string | null = null;
  #check: (RangeCheck & { hard: boolean }) | null = null;
  #unit: { oid: string; name: string; symbol: string; ucum: string | null } | null = null;
  #text: string | null = null;

  open(path: readonly string[], { name, attribute }: XmlElement): void {
    const held = (attributeName: string): string | null => {
      const value = attribute(attributeName) ?? null;
      this.#hold(value?.length ?? 0);
      return value;
    };
    const parent = path.at(-2);
    const version = this.#version;
    if (name === 'Study') this.#study = held('OID') ?? '';
    else if (name === 'MetaDataVersion') {
      this.#version = { include: null, events: new Set(), forms: new Set(), groups: new Map(), items: new Map(), codeLists: new Map() };
      this.definitions.versions.set(versionKey(this.#study, held('OID') ?? ''), this.#version);
    } else if (name === 'MeasurementUnit' && parent === 'BasicDefinitions') this.#unit = { oid: held('OID') ?? '', name: held('Name') ?? '', symbol: '', ucum: null };
    else if (this.#unit) {
      if (name === 'TranslatedText' && parent === 'Symbol' && this.#unit.symbol === '') this.#text = '';
      if (name === 'Alias' && attribute('Context')?.toUpperCase() === 'UCUM') this.#unit.ucum = held('Name');
    } else if (!version) return;
    else if (name === 'Include') version.include = versionKey(held('StudyOID') ?? this.#study, held('MetaDataVersionOID') ?? '');
    else if (name === 'StudyEventDef') version.events.add(held('OID') ?? '');
    else if (name === 'FormDef') version.forms.add(held('OID') ?? '');
    else if (name === 'ItemGroupDef') {
      this.#group = { table: held('Domain') || held('SASDatasetName') || held('DatasetName') || null, items: new Map(), groups: new Set() };
      version.groups.set(held('OID') ?? '', this.#group);
    } else if (name === 'ItemRef' && parent === 'ItemGroupDef') {
      const conditional = attribute('CollectionExceptionConditionOID') !== undefined;
      this.#group?.items.set(held('ItemOID') ?? '', { mandatory: yes(attribute('Mandatory')) && !conditional });
    } else if (name === 'ItemGroupRef' && parent === 'ItemGroupDef') this.#group?.groups.add(held('ItemGroupOID') ?? '');
    else if (name === 'ItemDef') {
      this.#item = {
        sdsVarName: held('SDSVarName') || null,
        sasFieldName: held('SASFieldName') || null,
        dataType: held('DataType') ?? 'text',
        codeList: null,
        units: [],
        hardChecks: [],
      };
      version.items.set(held('OID') ?? '', this.#item);
    } else if (name === 'Alias' && /^(?:CDASH\/)?SDTM$/i.test(attribute('Context') ?? '')) {
      const alias = sdtmName(held('Name') ?? '');
      if (parent === 'ItemDef' && this.#item) this.#item.sdsVarName ??= alias;
      if (parent === 'ItemGroupDef' && this.#group) this.#group.table ??= alias;
    } else if (name === 'CodeListRef' && parent === 'ItemDef' && this.#item) this.#item.codeList = held('CodeListOID');
    else if (name === 'MeasurementUnitRef' && this.#check) this.#check.unit = held('MeasurementUnitOID');
    else if (name === 'MeasurementUnitRef') this.#item?.units.push(held('MeasurementUnitOID') ?? '');
    else if (name === 'RangeCheck' && parent === 'ItemDef') this.#check = { comparator: held('Comparator') ?? '', values: [], unit: null, hard: attribute('SoftHard') === 'Hard' };
    else if (name === 'CheckValue' && this.#check) this.#text = '';
    else if (name === 'CodeList') {
      this.#codeList = held('OID') ?? '';
      version.codeLists.set(this.#codeList, new Set());
    } else if (name === 'ExternalCodeList' && this.#codeList !== null) version.codeLists.set(this.#codeList, null);
    else if ((name === 'CodeListItem' || name === 'EnumeratedItem') && this.#codeList !== null) version.codeLists.get(this.#codeList)?.add(held('CodedValue') ?? '');
  }

  text(text: string): void {
    if (this.#text === null) return;
    this.#hold(text.length);
    this.#text += text;
  }

  close(name: string): void {
    if (name === 'TranslatedText' && this.#unit && this.#text !== null) this.#unit.symbol = this.#text.trim();
    else if (name === 'CheckValue' && this.#text !== null) this.#check?.values.push(this.#text.trim());
    else if (name === 'MeasurementUnit' && this.#unit) {
      const { oid, ucum, symbol, name: unitName } = this.#unit;
      this.definitions.units.set(unitKey(this.#study, oid), ucum || symbol || unitName);
      this.#unit = null;
    } else if (name === 'RangeCheck' && this.#check) {
      const { hard, ...check } = this.#check;
      if (hard && this.#item && check.values.length > 0) this.#item.hardChecks.push(check);
      this.#check = null;
    } else if (name === 'ItemDef') this.#item = null;
    else if (name === 'ItemGroupDef') this.#group = null;
    else if (name === 'CodeList') this.#codeList = null;
    else if (name === 'MetaDataVersion') this.#version = null;
    if (name === 'TranslatedText' || name === 'CheckValue') this.#text = null;
  }

  #hold(characters: number): void {
    this.#held += characters + 16;
    if (this.#held > MAX_DEFINITION_CHARACTERS) throw new XmlRefusal('too-large', `the definitions of a file must have at most ${MAX_DEFINITION_CHARACTERS} characters`);
  }
}

/** How far MetaDataVersions may build on one another. */
const MAX_INCLUDES = 20;

/** A definition of a kind, in the version or one that it builds on. */
export const findDefinition = <T>(definitions: Definitions, version: string, of: (version: MetaDataVersion) => T | undefined): T | undefined => {
  let key: string | null = version;
  for (let steps = 0; key !== null && steps < MAX_INCLUDES; steps++) {
    const here: MetaDataVersion | undefined = definitions.versions.get(key);
    if (!here) return undefined;
    const found = of(here);
    if (found !== undefined) return found;
    key = here.include;
  }
  return undefined;
};
