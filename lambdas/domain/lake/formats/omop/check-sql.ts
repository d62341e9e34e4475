import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';
import { OMOP_TABLES, type OmopTable, cdmColumns } from '../../omop-tables.ts';
import { SPARSE_ZIP3 } from '../../safe-harbor-zip.ts';
import { hasPatient, keyColumn, ruleOf } from './column-rules.ts';
import { CODE_SYNTAX } from './source-value.ts';

/** First and last year that a date may have: outside lie placeholders and typing errors. */
const YEARS = { first: 1850, last: 2100 };
/** A country that has ZIP codes: absent is taken for it (OMOP concept 42046186 and words). */
const ZIP_COUNTRIES = ['us', 'usa', 'united states', 'united states of america'];

const INTEGER = '[+-]?[0-9]{1,19}([.]0+)?';
const DECIMAL = '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?';
const DATE = '([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})';
const TIME = '([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?( ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?))?)?';

const text = (sql: string): string => `'${sql.replaceAll("'", "''")}'`;
const name = (column: string): string => `"${column}"`;

type Known = {
  /** tables that have a file in the set */
  present: ReadonlySet<OmopTable>;
  elsewhere: ReadonlySet<string>;
  /** columns that the map needs beside those that the CDM requires */
  needed: ReadonlySet<string>;
  /** a relation of the words, in lower case, that a source value may be */
  words: string;
};
/** `value`: the cell's text typed, NULL where it is absent or cannot be read. `when` speaks of the cell, which is there, and of its value `v`. */
type Read = { value: string; problems: { when: string; reason: Reason }[] };

const v = (column: string): string => `"v ${column}"`;
const matching = (cell: string, syntax: string, value: string): string => `CASE WHEN regexp_full_match(${cell}, '${syntax}') THEN ${value} END`;
const integerOf = (cell: string, type: 'BIGINT' | 'INTEGER'): string => matching(cell, INTEGER, `TRY_CAST(split_part(${cell}, '.', 1) AS ${type})`);
const dayOf = (cell: string): string =>
  `TRY_CAST(CASE WHEN ${cell}[5] = '-' THEN substr(${cell}, 1, 10) ELSE substr(${cell}, 1, 4) || '-' || substr(${cell}, 5, 2) || '-' || substr(${cell}, 7, 2) END AS DATE)`;
/** The time of the day as it is written, whatever its zone: the CDM's times are local. */
const timeOf = (cell: string): string => `CASE WHEN ${cell}[5] = '-' AND length(${cell}) >= 19 AND ${cell}[17] = ':' THEN TRY_CAST(substr(${cell}, 1, 19) AS TIMESTAMP)
  ELSE TRY_CAST(${dayOf(cell)}::VARCHAR || ' ' || coalesce(nullif(regexp_extract(${cell}, '[T ]([0-9:]{5,8})', 1), ''), '00:00') AS TIMESTAMP) END`;

/**
 * A result that `value_as_number` need not repeat: a number with an operator, a sign or a fraction, of at most 4 digits and 3 after the point. In so few fit no
 * telephone, record or postal number and no date with its year; alone, two digits on both sides of the point must be no day and month (24.12) or month and year (12.51).
 */
const FEW_DIGITS = '[0-9][.][0-9]{1,3}|[1-9][0-9][.][0-9]{1,2}|[1-9][0-9]{2}[.][0-9]';
const RESULT = [
  `(<|>|<=|>=|≤|≥) ?([+-]?([0-9]|[1-9][0-9]{1,3}|${FEW_DIGITS}))`,
  `[+-](${FEW_DIGITS})|-([0-9]|[1-9][0-9]{1,2})`,
  '[0-9][.][0-9]{1,3}|[1-9][0-9]{1,2}[.][0-9]|(1[3-9]|2[0-9]|3[01])[.](00|1[3-9]|[2-9][0-9])|(3[2-9]|[4-9][0-9])[.][0-9]{2}',
].join('|');
const GENOTYPE = '[*][0-9]{1,3}/[*][0-9]{1,3}|[ACGT]/[ACGT]';

const isRequired = (table: OmopTable, column: string): boolean => (OMOP_TABLES[table].required as readonly string[]).includes(column);

/** How a column's cell is read and what may be wrong with it. */
const readColumn = (table: OmopTable, column: string, { present, elsewhere, words }: Known): Read => {
  const rule = ruleOf(table, column);
  const cell = name(column);
  const unread = (reason: Reason) => ({ when: `${v(column)} IS NULL`, reason });
  const notAmongYears = { when: `${v(column)} NOT BETWEEN ${YEARS.first} AND ${YEARS.last}`, reason: 'impossible-value' } as const;
  const isThere = (to: string) => `${v(column)} IN (SELECT key FROM key_${to})`;
  switch (rule.rule) {
    case 'own-key':
    case 'subject': {
      const refers = rule.rule === 'subject' && table !== 'person' && !elsewhere.has('person');
      const unknown = { when: `${v(column)} IS NOT NULL AND NOT ${isThere('person')}`, reason: 'broken-reference' } as const;
      return { value: integerOf(cell, 'BIGINT'), problems: [unread('wrong-type'), ...(refers ? [unknown] : [])] };
    }
    case 'link': {
      const strict = rule.missing !== 'unlink' && !elsewhere.has(rule.to) && (rule.missing === 'leave-out' || present.has(rule.to));
      const unknown = { when: `${v(column)} <> 0 AND NOT ${isThere(rule.to)}`, reason: 'broken-reference' } as const;
      const none = { when: `${v(column)} = 0`, reason: 'missing-value' } as const;
      return { value: integerOf(cell, 'BIGINT'), problems: [unread('wrong-type'), ...(isRequired(table, column) ? [none] : []), ...(strict ? [unknown] : [])] };
    }
    case 'fact':
      return { value: integerOf(cell, 'BIGINT'), problems: [unread('wrong-type')] };
    case 'concept':
      return { value: integerOf(cell, 'INTEGER'), problems: [unread('wrong-type'), { when: `${v(column)} < 0`, reason: 'impossible-value' }] };
    case 'integer':
      return { value: integerOf(cell, 'INTEGER'), problems: [unread('unparsable-number')] };
    case 'year':
      return { value: integerOf(cell, 'INTEGER'), problems: [unread('unparsable-number'), notAmongYears] };
    case 'decimal':
      return {
        value: matching(cell, DECIMAL, `TRY_CAST(${cell} AS DOUBLE)`),
        problems: [{ when: `${v(column)} IS NULL OR NOT isfinite(${v(column)})`, reason: 'unparsable-number' }],
      };
    case 'date':
    case 'timestamp': {
      const value = matching(cell, DATE + TIME, rule.rule === 'date' ? dayOf(cell) : timeOf(cell));
      return { value, problems: [unread('unparsable-date'), { ...notAmongYears, when: notAmongYears.when.replace(v(column), `year(${v(column)})`) }] };
    }
    case 'time-of-day':
      return { value: matching(cell, '[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?', cell), problems: [] };
    case 'source-value':
      return { value: `CASE WHEN regexp_full_match(${cell}, ${text(CODE_SYNTAX)}) OR lower(${cell}) IN (FROM ${words}) THEN ${cell} END`, problems: [] };
    case 'result-text':
      return {
        value: `CASE WHEN TRY_CAST(${cell} AS DOUBLE) = TRY_CAST("value_as_number" AS DOUBLE) OR regexp_full_match(${cell}, '${RESULT}|${GENOTYPE}') OR lower(${cell}) IN (FROM ${words}) THEN ${cell} END`,
        problems: [],
      };
    case 'state':
      return { value: matching(cell, '[A-Za-z]{2}', `upper(${cell})`), problems: [] };
    case 'zip': {
      const sparse = SPARSE_ZIP3.map(text).join(', ');
      const american = `coalesce(lower("country_source_value") IN (${ZIP_COUNTRIES.map(text).join(', ')}), true)`;
      return {
        value: `CASE WHEN regexp_full_match(${cell}, '[0-9]{3}|[0-9]{5}(-?[0-9]{4})?') AND ${american} THEN CASE WHEN substr(${cell}, 1, 3) IN (${sparse}) THEN '000' ELSE substr(${cell}, 1, 3) END END`,
        problems: [],
      };
    }
    case 'drop':
      return { value: `NULL::${(OMOP_TABLES[table].columns as Readonly<Record<string, string>>)[column]}`, problems: [] };
  }
};

/** Columns that hold source values: their codes' check digits are judged after the rows are read. */
export const sourceValueColumns = (table: OmopTable): string[] => Object.keys(OMOP_TABLES[table].columns).filter((column) => ruleOf(table, column).rule === 'source-value');

/** The cells of a file as trimmed text under the lake's column names, NULL where they say nothing; absent columns are there as NULL. */
export const cellsSql = (table: OmopTable, from: string, columns: readonly (string | null)[], cells: readonly string[], row: string, nullTokens: readonly string[]): string => {
  const nothing = ['', ...nullTokens].map(text).join(', ');
  const selected = Object.keys(OMOP_TABLES[table].columns).map((column) => {
    const at = columns.indexOf(column);
    if (at === -1) return `NULL::VARCHAR AS ${name(column)}`;
    const cell = `trim(${cells[at]}::VARCHAR)`;
    return `CASE WHEN ${cell} NOT IN (${nothing}) THEN ${cell} END AS ${name(column)}`;
  });
  return `SELECT ${row} AS "row", ${selected.join(', ')} FROM ${from}`;
};

/** The whole number that a cell says, NULL where it is none. */
export const keySql = (column: string): string => integerOf(name(column), 'BIGINT');

/** The rows of a table's cells, typed, each with its findings (`field reason`), its key and its patient's. */
export const checkSql = (table: OmopTable, cells: string, known: Known): string => {
  const ofCdm = new Set(cdmColumns(table));
  const columns = Object.keys(OMOP_TABLES[table].columns).map((column) => ({ column, ...readColumn(table, column, known) }));
  const problems = columns.flatMap(({ column, problems: own }) => {
    if (!ofCdm.has(column)) return [];
    const isKey = column === 'person_id' || known.needed.has(column);
    const missing = isRequired(table, column) || isKey ? [{ when: `${name(column)} IS NULL`, reason: isKey ? 'missing-key' : 'missing-value' }] : [];
    return [...missing, ...own.map(({ when, reason }) => ({ when: `${name(column)} IS NOT NULL AND (${when})`, reason }))].map(({ when, reason }) => ({
      when: `(${when})`,
      told: text(`${column} ${reason}`),
    }));
  });
  const listed = problems.map(({ when, told }) => `CASE WHEN ${when} THEN ${told} END`);
  const typed = columns.map(({ column, value }) => `${value} AS ${v(column)}`);
  return `SELECT "row", ${v(keyColumn(table))} AS "key", ${hasPatient(table) ? v('person_id') : 'NULL::BIGINT'} AS "subject_key",
    CASE WHEN ${problems.map(({ when }) => when).join(' OR ')} THEN list_filter([${listed.join(', ')}], lambda p: p IS NOT NULL) ELSE [] END AS findings,
    ${columns.map(({ column }) => `${v(column)} AS ${name(column)}`).join(', ')} FROM (SELECT *, ${typed.join(', ')} FROM (${cells}))`;
};
