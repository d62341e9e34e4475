import { COMPARATORS } from './check-resource.ts';
import { type Choice, type Element, type Kind, RESOURCES, elementsOf, elementsOfChoice } from './elements.ts';
import { PATTERNS } from './primitives.ts';
import { RESOURCE_TYPES } from './resource-types.ts';

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
export const name = (column: string): string => `"${column}"`;
/** A JSON string as the engine holds it: in its quotes. */
const quoted = (value: string): string => text(`"${value}"`);

const QUANTITY = 'STRUCT("value" JSON, comparator JSON, unit JSON, "system" JSON, code JSON)';
const PERIOD = 'STRUCT("start" JSON, "end" JSON)';

/** How the JSON reader takes an element: scalars, lists, and what is read by its text as JSON, the rest by its members. */
const readAs = (element: Element): string => {
  const { kind, list, elements, choices } = element;
  switch (kind) {
    case 'Quantity':
    case 'SimpleQuantity':
      return QUANTITY;
    case 'Period':
      return PERIOD;
    case 'BackboneElement':
      return list
        ? 'JSON'
        : `STRUCT(${membersOf(elements, choices)
            .map((member) => `${name(member.name)} ${readAs(member)}`)
            .join(', ')})`;
    default:
      return 'JSON';
  }
};

/** The members that a list of BackboneElements is taken apart into. */
const shapeOf = ({ elements, choices }: Element): string => {
  const member = ({ name: key, kind }: Element): string => {
    if (kind === 'Quantity' || kind === 'SimpleQuantity') return `"${key}":{"value":"JSON","comparator":"JSON","unit":"JSON","system":"JSON","code":"JSON"}`;
    return kind === 'Period' ? `"${key}":{"start":"JSON","end":"JSON"}` : `"${key}":"JSON"`;
  };
  return `[{${membersOf(elements, choices).map(member).join(',')}}]`;
};
const isParted = ({ kind, list }: Element): boolean => kind === 'BackboneElement' && list === true;
/** A list's parts beside its text. */
const parts = (column: string): string => name(`${column}*`);

const membersOf = (elements: readonly Element[] = [], choices: readonly Choice[] = []): Element[] => [...elements, ...choices.flatMap(elementsOfChoice)];

/** Elements that are read by their distinct texts. */
export const BY_TEXT: readonly Kind[] = ['CodeableConcept', 'Coding', 'Reference', 'Identifier', 'Extension'];

/** Each element that any of the types has, with the types that have it. */
export const elementsOfTypes = (types: readonly string[]): { element: Element; types: string[] }[] => {
  const found = new Map<string, { element: Element; types: string[] }>();
  for (const type of types) {
    for (const element of elementsOf(type)) {
      const known = found.get(element.name);
      if (known) known.types.push(type);
      else found.set(element.name, { element, types: [type] });
    }
  }
  return [...found.values()];
};

/** Types whose drug may be a Medication inside the resource. */
const HAS_CONTAINED = Object.keys(RESOURCES).filter((type) => elementsOf(type).some(({ name }) => name === 'medicationReference'));

/** The scan of files of one resource a line, one after another: a relation with a row for each line that is not blank, all null where the line is no JSON object. */
export const readJson = (paths: readonly string[], types: readonly string[], largestLineBytes: number): string => {
  const columns = [
    ...['resourceType', 'id'].map((column) => [column, 'JSON']),
    ['meta', 'STRUCT(lastUpdated JSON)'],
    ['#entry', 'STRUCT(fullUrl VARCHAR)'],
    ...(types.some((type) => HAS_CONTAINED.includes(type)) ? [['contained', 'JSON']] : []),
    ...elementsOfTypes(types).map(({ element }) => [element.name, readAs(element)]),
  ];
  const declared = columns.map(([column, type]) => `${name(column!)}: ${text(type!)}`).join(', ');
  return `read_json([${paths.map(text).join(', ')}], filename = true, format = 'newline_delimited', compression = 'uncompressed', ignore_errors = true, maximum_object_size = ${largestLineBytes}, columns = {${declared}})`;
};

/**
 * A table of files: one row for each line, in order (`rowid`): which of the files (`part`, from 1), its type, its record's keyed name, its
 * elements, and whether it needs a closer look.
 */
export const scanSql = (paths: readonly string[], types: readonly string[], largestLineBytes: number): string => {
  const one = types.length === 1 ? types[0]! : null;
  const columns = elementsOfTypes(types).map(({ element, types: having }) => {
    const column = name(element.name);
    if (isParted(element)) return `${parts(element.name)} AS ${column}`;
    const plain = readAs(element) === 'JSON' ? `${column}::VARCHAR` : column;
    return BY_TEXT.includes(element.kind) && having.length < types.length
      ? `CASE WHEN resourceType IN (${having.map(quoted).join(', ')}) THEN ${plain} END AS ${column}`
      : `${plain} AS ${column}`;
  });
  const parted = elementsOfTypes(types).flatMap(({ element }) =>
    isParted(element) ? [`json_transform(${name(element.name)}, ${text(shapeOf(element))}) AS ${parts(element.name)}`] : [],
  );
  const others = [...RESOURCE_TYPES].filter((type) => type !== 'OperationOutcome' && type !== 'Bundle' && !types.includes(type));
  const known = one ? `resourceType = ${quoted(one)}` : `resourceType IN (${[...types, ...others].map(quoted).join(', ')})`;
  const byType = types.map((type) => `WHEN ${quoted(type)} THEN ${doubtOfType(type)}`);
  const doubt = [
    `NOT coalesce(${known}, false)`,
    `NOT coalesce(regexp_full_match(id::VARCHAR, ${text(`"${PATTERNS.id}"`)}), false)`,
    'strlen(resourceType) < 3',
    byType.length > 0 ? `CASE resourceType ${byType.join(' ')} ELSE false END` : 'false',
  ].join(' OR ');
  const part = paths.length === 1 ? '1' : `list_position([${paths.map(text).join(', ')}], filename)`;
  return `SELECT (${part})::INTEGER AS part, resourceType[2:-2]::VARCHAR AS resource_type, id[2:-2]::VARCHAR AS id, record_key_of(resourceType[2:-2] || '/' || id[2:-2]) AS record_key,
    meta.lastUpdated::VARCHAR AS last_updated, "#entry".fullUrl AS full_url, ${types.some((type) => HAS_CONTAINED.includes(type)) ? 'contained::VARCHAR' : 'NULL::VARCHAR'} AS contained,
    ${[...columns, `coalesce(${doubt}, true) AS doubt`].join(',\n    ')} FROM (SELECT ${['*', ...parted].join(', ')} FROM ${readJson(paths, types, largestLineBytes)})`;
};

/** True where the resource may break a rule: never false where it does, as check-resource.ts tells it. */
const doubtOfType = (type: string): string => {
  const { elements, choices } = RESOURCES[type]!;
  return `(${[...doubts(elements, choices, name), ...(RULES[type] ?? [])].join(' OR ')})`;
};

const doubts = (elements: readonly Element[], choices: readonly Choice[], at: (member: string) => string): string[] => [
  ...elements.map((element) => (isParted(element) ? partedDoubt(element) : doubtOf(element, at(element.name)))),
  ...choices.flatMap((choice) => {
    const members = elementsOfChoice(choice);
    const given = members.map((member) => `(${at(member.name)} IS NOT NULL)::TINYINT`).join(' + ');
    return [`${given} ${choice.required ? '<> 1' : '> 1'}`, ...members.map((member) => doubtOf(member, at(member.name)))];
  }),
];

const doubtOf = (element: Element, at: string): string => {
  const unless = (holds: string): string => `(CASE WHEN ${at} IS NULL THEN ${element.required ? 'true' : 'false'} ELSE NOT coalesce(${holds}, false) END)`;
  const matches = (pattern: keyof typeof PATTERNS): string => `regexp_full_match(${at}::VARCHAR, ${text(`"(?:${PATTERNS[pattern]})"`)})`;
  switch (element.kind) {
    case 'code':
      // what is withdrawn is no plain resource
      return unless(
        element.codes
          ? `${at} IN (${element.codes
              .filter((code) => code !== 'entered-in-error')
              .map(quoted)
              .join(', ')})`
          : matches('code'),
      );
    case 'string':
      return unless(isText(at));
    case 'boolean':
      return unless(`${at} IN ('true', 'false')`);
    case 'integer':
    case 'unsignedInt':
      return unless(`regexp_full_match(${at}::VARCHAR, ${text(element.kind === 'integer' ? '-?[0-9]{1,9}' : '[0-9]{1,9}')})`);
    case 'decimal':
      return unless(isNumber(at));
    case 'date':
    case 'dateTime':
    case 'instant':
      return unless(`${matches(element.kind)} AND day_of(${at}::VARCHAR) IS NOT NULL`);
    case 'time':
      return unless(matches('time'));
    case 'CodeableConcept':
    case 'Coding':
    case 'Reference':
    case 'Identifier':
    case 'Extension':
      // their texts are looked at one by one
      return element.required ? `${at} IS NULL` : 'false';
    case 'complex':
      return unless(`starts_with(${at}::VARCHAR, '{"')`);
    case 'Quantity':
    case 'SimpleQuantity':
      return `(${at} IS NOT NULL AND (${quantityDoubt(element.kind, (member) => `${at}.${name(member)}`)}))`;
    case 'Period':
      return `(${at} IS NOT NULL AND (${periodDoubt(`${at}."start"`, `${at}."end"`)}))`;
    case 'BackboneElement':
      return `(${at} IS NOT NULL AND ${backboneDoubt(element, at)})`;
  }
};

/** A list whose parts all can be read. */
const partedDoubt = (element: Element): string =>
  `(${name(element.name)} IS NOT NULL AND NOT coalesce(starts_with(${name(element.name)}::VARCHAR, '[{') AND NOT list_bool_or(list_transform(${parts(element.name)}, lambda one: one IS NULL OR ${backboneDoubt(element, 'one')})), false))`;

const backboneDoubt = ({ elements, choices }: Element, at: string): string => {
  const members = membersOf(elements, choices).map((member) => `${at}.${name(member.name)}`);
  const none = members.map((member) => `${member} IS NULL`).join(' AND ');
  return `((${none}) OR ${doubts(elements ?? [], choices ?? [], (member) => `${at}.${name(member)}`).join(' OR ')} OR ${byTextInside(elements ?? [], choices ?? [], at)})`;
};

/** Inside a list, an element that is read by its text must be an object at least; its text is looked at later. */
const byTextInside = (elements: readonly Element[], choices: readonly Choice[], at: string): string => {
  const members = membersOf(elements, choices).filter(({ kind }) => BY_TEXT.includes(kind));
  return members.length === 0 ? 'false' : members.map((member) => `coalesce(NOT starts_with(${at}.${name(member.name)}::VARCHAR, '{"'), false)`).join(' OR ');
};

const isText = (at: string): string => `regexp_full_match(${at}::VARCHAR, '"[^"\\\\]*[^"\\\\\\s][^"\\\\]*"')`;
const isNumber = (at: string): string => `isfinite(TRY_CAST(${at}::VARCHAR AS DOUBLE))`;

const quantityDoubt = (kind: Kind, at: (member: string) => string): string => {
  const [value, comparator, unit, system, code] = ['value', 'comparator', 'unit', 'system', 'code'].map(at) as [string, string, string, string, string];
  return [
    `(${[value, comparator, unit, system, code].map((member) => `${member} IS NULL`).join(' AND ')})`,
    `(${value} IS NOT NULL AND NOT coalesce(${isNumber(value)}, false))`,
    kind === 'SimpleQuantity' ? `${comparator} IS NOT NULL` : `coalesce(${comparator} NOT IN (${COMPARATORS.map(quoted).join(', ')}), false)`,
    `coalesce(NOT ${isText(unit)}, false)`,
    `coalesce(NOT regexp_full_match(${system}::VARCHAR, '"[^"\\\\\\s]+"'), false)`,
    `coalesce(NOT regexp_full_match(${code}::VARCHAR, '"[^"\\\\\\s]+"'), false)`,
    `(${code} IS NOT NULL AND ${system} IS NULL)`,
  ].join(' OR ');
};

const periodDoubt = (start: string, end: string): string => {
  const isMoment = (at: string) => `coalesce(NOT (regexp_full_match(${at}::VARCHAR, ${text(`"(?:${PATTERNS.dateTime})"`)}) AND day_of(${at}::VARCHAR) IS NOT NULL), false)`;
  return [`(${start} IS NULL AND ${end} IS NULL)`, isMoment(start), isMoment(end), `(${start} IS NOT NULL AND ${end} IS NOT NULL AND ${mayEndBefore(start, end)})`].join(' OR ');
};

/** Two moments in order: by their text where zone and precision are alike, or two days apart; else they get a closer look. */
const mayEndBefore = (start: string, end: string): string => {
  const [from, to] = [`(${start}::VARCHAR)`, `(${end}::VARCHAR)`];
  return `NOT coalesce((${to} >= ${from} AND length(${from}) = length(${to}) AND ${from}[21:] = ${to}[21:]) OR day_of(${to}) - day_of(${from}) >= 2, false)`;
};

const bothAndMayEndBefore = (start: string, end: string): string => `(${start} IS NOT NULL AND ${end} IS NOT NULL AND ${mayEndBefore(start, end)})`;

const ABATED = ['DateTime', 'Age', 'Period', 'Range', 'String'].map((kind) => `"abatement${kind}" IS NOT NULL`).join(' OR ');

/** Rules between elements, and what is not a plain resource: withdrawn ones. */
const RULES: Readonly<Record<string, readonly string[]>> = {
  Patient: [
    `("birthDate" IS NOT NULL AND "deceasedDateTime" IS NOT NULL AND NOT coalesce(("deceasedDateTime"::VARCHAR)[2:11] >= ("birthDate"::VARCHAR)[2:11] AND length("birthDate"::VARCHAR) = 12, false))`,
  ],
  Observation: [
    `"dataAbsentReason" IS NOT NULL`,
    // the code of the whole, once more in a component with the whole's own value
    `("component" IS NOT NULL AND (${['Quantity', 'CodeableConcept', 'String', 'Boolean', 'Integer', 'Range', 'Ratio', 'SampledData', 'Time', 'DateTime', 'Period'].map((type) => `"value${type}" IS NOT NULL`).join(' OR ')}))`,
  ],
  Condition: [
    `((${ABATED}) AND NOT coalesce(regexp_matches("clinicalStatus"::VARCHAR, '"(resolved|remission|inactive)"'), false))`,
    bothAndMayEndBefore('"onsetDateTime"', '"abatementDateTime"'),
    `coalesce(contains("verificationStatus"::VARCHAR, 'entered-in-error'), false)`,
  ],
  AllergyIntolerance: [`coalesce(contains("verificationStatus"::VARCHAR, 'entered-in-error'), false)`],
};
