import { DATE_TIME } from './elements.ts';
import { NOT_DONE } from './status.ts';
import { FORMER_NEGATIONS, OTHER_CHOICE_IN_TEXT } from './strictness.ts';

/**
 * A resource taken apart by the columnar engine: what differs from one to the next (its id, its patient, its encounter, days, numbers) in
 * columns of their own, and all else that a maker reads as one text, its *form*. A hospital has millions of resources and hundreds of forms.
 */
const SUBJECTS = ['subject', 'patient'] as const;
const VISITS = ['encounter', 'context'] as const;
const PERIODS = ['period', 'effectivePeriod', 'onsetPeriod', 'performedPeriod'] as const;
const STARTS = ['effectiveDateTime', 'onsetDateTime', 'performedDateTime', 'authoredOn', 'occurrenceDateTime', 'whenHandedOver'] as const;
const ENDS = ['abatementDateTime'] as const;
const NOTED = ['issued', 'recordedDate', 'whenPrepared'] as const;
/** Elements whose quantities differ: their numbers are apart. */
const MEASURED = ['valueQuantity', 'component', 'doseQuantity', 'dosage'] as const;
/** Elements that are read of one type alone; another’s would make forms for nothing. */
const ONLY_OF: Readonly<Record<string, string>> = { dosage: 'MedicationAdministration' };
const VERBATIM = [
  'status',
  'intent',
  'verificationStatus',
  'code',
  'category',
  'class',
  'vaccineCode',
  'serviceProvider',
  'medicationCodeableConcept',
  'medicationReference',
  'dispenseRequest',
  'doNotPerform',
  'quantity',
  'daysSupply',
  'valueCodeableConcept',
  'valueBoolean',
  'valueInteger',
] as const;
/** Elements that few resources have: those that do are read one by one, so that no column is kept for them. */
const RARE = [
  'modifierExtension',
  'implicitRules',
  ...FORMER_NEGATIONS,
  'valueRange',
  'valueRatio',
  'valueSampledData',
  'valueTime',
  'valueDateTime',
  'valuePeriod',
  'effectiveTiming',
  'effectiveInstant',
  'occurrenceString',
  'onsetAge',
  'onsetRange',
  'onsetString',
  'abatementPeriod',
  'abatementAge',
  'abatementRange',
  'abatementString',
  'performedString',
  'performedAge',
  'performedRange',
  'dateAsserted',
] as const;

/**
 * A line that matches is read alone. It holds a rare element, or one of another type than it may have, or might, its name being escaped; or what a lax reader of JSON takes and RFC 8259, or
 * FHIR, does not: `null`, `NaN`, an infinity, a comma before a closing bracket. A text may look so: nothing is lost but time. Apart, each is searched faster.
 */
export const DOUBTFUL_LINE: readonly RegExp[] = [
  new RegExp(`"(?:${RARE.join('|')})"`, 'g'),
  OTHER_CHOICE_IN_TEXT,
  /[:,[][ \t\r]*(?:-?[nN][aA][nN]|-?[iI][nN][fF]|null)|,[ \t\r]*[}\]]|\\u00[4-7]/g,
];

/** The moments of a resource by their part: when it began, ended, was noted. */
export const MOMENTS = ['start', 'end', 'noted'] as const;
export type MomentPart = (typeof MOMENTS)[number];

/** A resource's form: all but its id, days and numbers. Members that it does not have are absent. */
export type Form = {
  type: string;
  subject: (typeof SUBJECTS)[number] | null;
  visit: (typeof VISITS)[number] | null;
  /** the element that each moment stands in, and whether it tells the time of day */
  moments: { [part in MomentPart]: { element: string; hasTime: boolean } | null };
  /** members as JSON; in `measured`, `"value":#` stands for a number that is apart, and a text of any words is `"#"` */
  verbatim: Readonly<Record<string, string>>;
  measured: Readonly<Record<string, string>>;
};

/** Every member that a form tells of, or tells to be absent: who reads another one cannot be sure of it. */
export const TOLD: ReadonlySet<string> = new Set([
  'resourceType',
  'id',
  ...SUBJECTS,
  ...VISITS,
  ...PERIODS,
  ...STARTS,
  ...ENDS,
  ...NOTED,
  ...MEASURED,
  ...VERBATIM,
  ...RARE,
  'valueString',
]);
export const isPeriod = (element: string): boolean => (PERIODS as readonly string[]).includes(element);

/** Between the parts of a form; JSON has no control characters. */
const BETWEEN = '\u001e';

const name = (member: string): string => `"${member}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const howMany = (members: readonly string[]): string => members.map((member) => `(${name(member)} IS NOT NULL)::INTEGER`).join(' + ');
const firstOf = (members: readonly string[]): string => `coalesce(${members.map(name).join(', ')})`;
const whichOf = (members: readonly string[]): string => `CASE ${members.map((member) => `WHEN ${name(member)} IS NOT NULL THEN ${text(member)}`).join(' ')} END`;

/** A Period of dates alone, with a start. */
const PERIOD = String.raw`^\{"start":"([^"\\]+)"(?:,"end":"([^"\\]+)")?\}$`;
/** Decimal numbers that JavaScript and the engine write alike, but for an engine's trailing `.0`. */
const NUMBER = String.raw`"value":(-?(?:[1-9][0-9]{0,14}(?:\.[0-9]{1,17})?|0\.[0-9]{0,5}[1-9][0-9]{0,11})|0)([,}])`;
const ID = '"([A-Za-z0-9.-]{1,64})"';
const TYPE = '"([A-Z][A-Za-z]{1,63})"';

/** A whole day, of a date or of a moment with its time. */
const day = (value: string): string =>
  `CASE WHEN length(${value}) >= 10 AND regexp_full_match(${value}, ${text(DATE_TIME.source)}) AND NOT starts_with(${value}, '0000') THEN try_cast(left(${value}, 10) AS DATE) END`;
const time = (value: string): string => `CASE WHEN length(${value}) > 10 THEN try_cast(left(${value}, 19) AS TIMESTAMP) END`;
const zone = (value: string): string => `regexp_extract(${value}, '(?:Z|[+-][0-9:]{5})$')`;
/** Whether a moment could be read whole, or there is none. */
const isWhole = (part: MomentPart): string => `(${part}_text IS NULL OR (${part}_day IS NOT NULL AND (length(${part}_text) = 10) = (${part}_time IS NULL)))`;

const memberOf = (member: string): string => {
  const type = ONLY_OF[member];
  return type === undefined ? `${name(member)}::VARCHAR` : `CASE WHEN "resourceType"::VARCHAR = ${text(`"${type}"`)} THEN ${name(member)}::VARCHAR END`;
};

/** The members that are read, with their types for the engine's reader: JSON keeps a text apart from a number. */
export const LINE_COLUMNS: Readonly<Record<string, 'JSON' | 'VARCHAR'>> = Object.fromEntries(
  [...TOLD]
    .filter((member) => !(RARE as readonly string[]).includes(member))
    .map((member) => [member, ([...STARTS, ...ENDS, ...NOTED] as readonly string[]).includes(member) ? 'VARCHAR' : 'JSON']),
);

/** Types that are read line by line: others refer to them, or they are no resource of a patient. */
const ONE_BY_ONE = ['Patient', 'Organization', 'Medication', 'Bundle', 'OperationOutcome'];

/**
 * The lines of one file in their order, `lines` being its rows with LINE_COLUMNS: `type`, `id`, `subject` and `visit` as JSON, `<moment>_day`
 * and `<moment>_time`, `numbers`, the `form`, and whether the line is `plain`: nothing in it needs a closer look.
 */
export const linePartsSql = (lines: string): string => {
  const period = `regexp_extract(${firstOf(PERIODS)}, ${text(PERIOD)}, ['start', 'end'])`;
  const parts = `SELECT *,
    regexp_extract("resourceType", ${text(`^${TYPE}$`)}, 1) AS resource_type, regexp_extract("id", ${text(`^${ID}$`)}, 1) AS resource_id,
    ${period} AS said
    FROM (SELECT ${Object.keys(LINE_COLUMNS)
      .map((member) => `${memberOf(member)} AS ${name(member)}`)
      .join(', ')} FROM ${lines})`;
  // concat takes no note of what is absent
  const joined = (values: readonly string[]): string => `concat(${values.flatMap((value, index) => (index === 0 ? [value] : [text(BETWEEN), value])).join(', ')})`;
  const measured = `CASE WHEN ${firstOf(MEASURED)} IS NOT NULL THEN ${joined(MEASURED.map(name))} END`;
  const moments = `SELECT *,
    coalesce(${STARTS.map(name).join(', ')}, nullif(said.start, '')) AS start_text, ${whichOf([...STARTS, ...PERIODS])} AS start_of,
    coalesce(${ENDS.map(name).join(', ')}, nullif(said."end", '')) AS end_text, ${whichOf(ENDS)} AS end_of,
    ${firstOf(NOTED)} AS noted_text, ${whichOf(NOTED)} AS noted_of,
    ${measured} AS measured
    FROM (${parts})`;
  const days = `SELECT *, ${MOMENTS.map((part) => `${day(`${part}_text`)} AS ${part}_day, ${time(`${part}_text`)} AS ${part}_time`).join(', ')} FROM (${moments})`;
  const plain = [
    `resource_type <> ''`,
    `resource_id <> ''`,
    // a list of values would become a join, and the lines lose their order
    ...ONE_BY_ONE.map((type) => `resource_type <> ${text(type)}`),
    // the record is deleted: it is no target of a reference
    `"status" IS DISTINCT FROM '"entered-in-error"'`,
    `NOT coalesce(contains("verificationStatus", 'entered-in-error'), false)`,
    `${howMany(SUBJECTS)} <= 1`,
    `${howMany(VISITS)} <= 1`,
    `${howMany([...STARTS, ...PERIODS])} <= 1`,
    `(${firstOf(PERIODS)} IS NULL OR said.start <> '')`,
    `(${firstOf(ENDS)} IS NULL OR coalesce(said."end", '') = '')`,
    `${howMany(NOTED)} <= 1`,
    ...MOMENTS.map(isWhole),
    // times of different zones are compared one by one, but where days lie between them
    `CASE WHEN start_time IS NOT NULL AND end_time IS NOT NULL THEN end_day - start_day > 2 OR start_text = end_text OR (start_time < end_time AND ${zone('start_text')} = ${zone('end_text')})
     ELSE coalesce(start_day <= end_day, true) END`,
    // an encounter that makes no visit is told apart from those that do
    `(resource_type <> 'Encounter' OR (start_day IS NOT NULL AND ${NOT_DONE.map((status) => `"status" <> ${text(`"${status}"`)}`).join(' AND ')}))`,
  ];
  const form = [
    'resource_type',
    whichOf(SUBJECTS),
    whichOf(VISITS),
    ...MOMENTS.flatMap((part) => [`${part}_of`, `CASE WHEN ${part}_text IS NOT NULL THEN CASE WHEN ${part}_time IS NULL THEN 'day' ELSE 'time' END END`]),
    ...VERBATIM.map(name),
    `CASE WHEN starts_with("valueString", '"') AND length("valueString") > 2 THEN '"#"' ELSE "valueString" END`,
    `CASE WHEN measured IS NULL THEN ${text(BETWEEN.repeat(MEASURED.length - 1))} ELSE regexp_replace(measured, ${text(NUMBER)}, '"value":#\\2', 'g') END`,
  ];
  return `SELECT resource_type AS type, resource_id AS id, ${firstOf(SUBJECTS)} AS subject, ${firstOf(VISITS)} AS visit,
    ${MOMENTS.map((part) => `${part}_day, ${part}_time`).join(', ')},
    CASE WHEN measured IS NOT NULL THEN regexp_extract_all(measured, ${text(NUMBER)}, 1) END AS numbers,
    ${joined(form)} AS form,
    coalesce(${plain.join(' AND ')}, false) AS plain
    FROM (${days})`;
};

/** A form as the engine wrote it. */
export const formOf = (written: string): Form => {
  const parts = written.split(BETWEEN);
  const next = (): string | null => parts.shift() || null;
  const [type, subject, visit] = [next()!, next() as Form['subject'], next() as Form['visit']];
  const moments = {} as Form['moments'];
  for (const part of MOMENTS) {
    const [element, precision] = [next(), next()];
    // the end of a Period stands where its start does
    const holder = element ?? (part === 'end' ? (moments.start?.element ?? null) : null);
    moments[part] = precision === null || holder === null ? null : { element: holder, hasTime: precision === 'time' };
  }
  const members = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(
      names.flatMap((member) => {
        const value = next();
        return value === null ? [] : [[member, value]];
      }),
    );
  const verbatim = members([...VERBATIM, 'valueString']);
  return { type, subject, visit, moments, verbatim, measured: members(MEASURED) };
};
