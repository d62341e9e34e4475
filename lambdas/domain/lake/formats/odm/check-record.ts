import type { Finding } from '../../reading.ts';
import { compileMapping, toldColumn } from '../table/compile-mapping.ts';
import type { ItemGroupData, ItemValue } from './clinical-data.ts';
import { dataTypeProblem, isNumeric, numberOf } from './data-types.ts';
import { type Definitions, findDefinition, type ItemDefinition, type ItemGroupDefinition, unitKey, versionKey } from './definitions.ts';
import type { OdmMap } from './map.ts';
import { passes } from './range-checks.ts';

export type CheckedRecord = { table: string; cells: Map<string, string | number | null>; findings: Finding[] };

/** Checks an item group's data against its MetaDataVersion, and gives its items the columns of a table. */
export const checkRecord = (record: ItemGroupData, subject: string, definitions: Definitions, map: OdmMap): CheckedRecord => {
  const version = versionKey(record.study, record.version);
  const compiled = compileMapping(map.mapping);
  const known = definitions.versions.has(version);
  const step = record.steps.at(-1)!;
  const group = findDefinition(definitions, version, ({ groups }) => groups.get(step.oid));
  const findings = [...stepFindings(record, subject, definitions, version, known), ...(known && !group ? [{ field: 'ItemGroupOID', reason: 'broken-reference' as const }] : [])];
  const table = tableName(step.oid, group, map);
  // without its definitions the record's table cannot be told: say so where the study has others
  if (!known && !compiled.tables.has(table) && isDefined(definitions, record.study)) findings.push({ field: 'MetaDataVersionOID', reason: 'broken-reference' });
  const columns = group ? columnsOf(group, (oid) => findDefinition(definitions, version, ({ items }) => items.get(oid))) : NO_COLUMNS;
  const cells = new Map<string, string | number | null>();
  const present = new Set<string>();
  for (const item of record.items) {
    const definition = findDefinition(definitions, version, ({ items }) => items.get(item.oid));
    if (item.oid === '') findings.push({ field: 'ItemOID', reason: 'missing-value' });
    else if (known && (!definition || (group && !group.items.has(item.oid)))) findings.push({ field: 'ItemOID', reason: 'broken-reference' });
    else {
      const column = map.columns[item.oid] ?? columns.get(item.oid) ?? item.oid.toUpperCase();
      const told = toldColumn(compiled, column);
      if (present.has(item.oid)) findings.push({ field: told, reason: 'duplicate-record' });
      present.add(item.oid);
      findings.push(...itemFindings(item, definition, definitions, version, told));
      cells.set(column, cellOf(item, definition));
      const unit = unitOf(item, definition);
      if (unit !== null) setUnit(cells, column, definitions.units.get(unitKey(record.study, unit)) ?? unit);
    }
  }
  for (const [oid, { mandatory }] of group?.items ?? []) {
    if (mandatory && !present.has(oid)) findings.push({ field: toldColumn(compiled, map.columns[oid] ?? columns.get(oid) ?? oid), reason: 'missing-value' });
  }
  return { table, cells: withContext(record, subject, table, cells), findings };
};

/** Whether the set has definitions of the study. */
const isDefined = ({ versions }: Definitions, study: string): boolean => [...versions.keys()].some((key) => key.startsWith(versionKey(study, '').slice(0, -3)));

const tableName = (oid: string, group: ItemGroupDefinition | undefined, map: OdmMap): string => (map.tables[oid] ?? group?.table ?? oid).toUpperCase();

/** The table of an item group's data. */
export const tableOfRecord = ({ steps, study, version }: ItemGroupData, definitions: Definitions, map: OdmMap): string => {
  const { oid } = steps.at(-1)!;
  return tableName(
    oid,
    findDefinition(definitions, versionKey(study, version), ({ groups }) => groups.get(oid)),
    map,
  );
};

/** Where the record stands: keys that must be there, events and forms that must be defined. */
const stepFindings = (record: ItemGroupData, subject: string, definitions: Definitions, version: string, known: boolean): Finding[] => {
  const findings: Finding[] = [];
  if (record.subject === '') findings.push({ field: 'SubjectKey', reason: 'missing-key' });
  else if (subject === '') findings.push({ field: 'USUBJID', reason: 'missing-key' });
  if (record.badTransaction) findings.push({ field: 'TransactionType', reason: 'unknown-code' });
  for (const { element, oid } of known ? record.steps : []) {
    if (element === 'StudyEventData' && !findDefinition(definitions, version, ({ events }) => events.has(oid) || undefined))
      findings.push({ field: 'StudyEventOID', reason: 'broken-reference' });
    if (element === 'FormData' && !findDefinition(definitions, version, ({ forms }) => forms.has(oid) || undefined))
      findings.push({ field: 'FormOID', reason: 'broken-reference' });
  }
  return findings;
};

/**
 * Columns of a group's items: the name that the standard gives them in SDTM, else in SAS. Where two items of a group have the same
 * (values of several tests, each an item of its own), neither says the column, and the next name is taken; at last the OID.
 */
const columnsOf = (group: ItemGroupDefinition, find: (oid: string) => ItemDefinition | undefined): ReadonlyMap<string, string> => {
  const before = columnsByGroup.get(group);
  if (before) return before;
  const oids = [...group.items.keys()];
  const named = (pick: (definition: ItemDefinition) => string | null): Map<string, string> => {
    const names = oids.flatMap((oid) => {
      const definition = find(oid);
      const name = definition && pick(definition);
      return name ? [[oid, name.toUpperCase()] as const] : [];
    });
    const uses = new Map<string, number>();
    for (const [, name] of names) uses.set(name, (uses.get(name) ?? 0) + 1);
    return new Map(names.filter(([, name]) => uses.get(name) === 1));
  };
  const columns = new Map([...named(({ sasFieldName }) => sasFieldName), ...named(({ sdsVarName }) => sdsVarName)]);
  columnsByGroup.set(group, columns);
  return columns;
};

const columnsByGroup = new WeakMap<ItemGroupDefinition, ReadonlyMap<string, string>>();
const NO_COLUMNS: ReadonlyMap<string, string> = new Map();

const itemFindings = (item: ItemValue, definition: ItemDefinition | undefined, definitions: Definitions, version: string, field: string): Finding[] => {
  const { value } = item;
  if ((item.isNull && value !== null) || item.misplaced) return [{ field, reason: 'malformed-row' }];
  const dataType = definition?.dataType ?? typeOfElement(item.type);
  if (value === null || dataType === null) return [];
  if (!isTypeOf(item.type, dataType)) return [{ field, reason: 'wrong-type' }];
  const problem = dataTypeProblem(value, dataType);
  if (problem) return [{ field, reason: problem }];
  if (!definition) return [];
  const codes = definition.codeList === null ? null : findDefinition(definitions, version, ({ codeLists }) => codeLists.get(definition.codeList!));
  if (codes && !isOneOf(codes, value, dataType)) return [{ field, reason: 'unknown-code' }];
  if (item.unit !== null && definition.units.length > 0 && !definition.units.includes(item.unit)) return [{ field, reason: 'wrong-unit' }];
  const unit = unitOf(item, definition);
  const failed = definition.hardChecks.some((check) => (check.unit === null || check.unit === unit) && !passes(value, dataType, check));
  return failed ? [{ field, reason: 'impossible-value' }] : [];
};

/** `ItemDataPartialDate` → `partialDate`. */
const typeOfElement = (type: string | null): string | null => (type === null ? null : type.charAt(0).toLowerCase() + type.slice(1));

/** A typed element is only for items of its type; ItemDataAny is for any. ODM 1.3.2, section 2.14. */
const isTypeOf = (element: string | null, dataType: string): boolean => {
  const type = typeOfElement(element);
  return type === null || type === 'any' || type === dataType || (type === 'string' && dataType === 'text') || (type === 'uRI' && dataType === 'URI');
};

const isOneOf = (codes: Set<string>, value: string, dataType: string): boolean =>
  codes.has(value) || (isNumeric(dataType) && [...codes].some((code) => numberOf(code) === numberOf(value)));

const cellOf = ({ value, isNull }: ItemValue, definition: ItemDefinition | undefined): string | number | null =>
  isNull
    ? null
    : value !== null && definition && isNumeric(definition.dataType) && !dataTypeProblem(value, definition.dataType) && definition.codeList === null
      ? numberOf(value)
      : value;

/** The unit that is said with the value, or the only one that its definition allows. */
const unitOf = (item: ItemValue, definition: ItemDefinition | undefined): string | null => item.unit ?? (definition?.units.length === 1 ? definition.units[0]! : null);

/** Columns of SDTM that hold the unit of another: `--ORRES` has `--ORRESU`, `--STRESN` `--STRESU`, `--DOSE` `--DOSU`. SDTMIG 3.4, section 6. */
const setUnit = (cells: Map<string, string | number | null>, column: string, unit: string): void => {
  cells.set(`${column}.UNIT`, unit);
  const sdtm = /ORRES$/.test(column) ? `${column}U` : /STRESN$/.test(column) ? `${column.slice(0, -1)}U` : /DOSE$/.test(column) ? `${column.slice(0, -1)}U` : null;
  if (sdtm && (cells.get(sdtm) ?? null) === null) cells.set(sdtm, unit);
};

/** What a document says of a record outside its items, in the columns that SDTM has for it; a value that was collected stands before it, but for the subject. */
const withContext = (record: ItemGroupData, subject: string, table: string, cells: Map<string, string | number | null>): Map<string, string | number | null> => {
  const at = (element: string) => record.steps.find((step) => step.element === element);
  const context: Record<string, string | null> = {
    STUDYID: record.study,
    DOMAIN: table,
    SITEID: record.site,
    ASOFDTC: dataTypeProblem(record.asOf, 'datetime') ? null : record.asOf,
    STUDYEVENTOID: at('StudyEventData')?.oid ?? null,
    STUDYEVENTREPEATKEY: at('StudyEventData')?.repeatKey ?? null,
    // in ODM 2.0 the outermost item group is the form
    FORMOID: (at('FormData') ?? (at('ItemGroupData') === record.steps.at(-1) ? undefined : at('ItemGroupData')))?.oid ?? null,
    ITEMGROUPOID: record.steps.at(-1)!.oid,
    ITEMGROUPREPEATKEY: record.steps.at(-1)!.repeatKey,
  };
  for (const [column, value] of Object.entries(context)) if ((cells.get(column) ?? null) === null) cells.set(column, value || null);
  return cells.set('USUBJID', subject || null);
};
