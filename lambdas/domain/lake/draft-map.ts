import { csvCells, type Delimiter, delimiterOf } from './csv-records.ts';
import { type DraftColumn, draftColumn, NULLS } from './draft-columns.ts';

/**
 * A draft of a source map for a CSV file, from its header and the sample's rows: to be edited before it is used. It keeps nothing of the
 * sample but short lists of codes and rough ranges; a column of free words is dropped.
 */
export const draftMap = (name: string, lines: readonly string[], encoding = 'utf-8'): { map: unknown; notes: string[] } | { problem: string } => {
  const sample = sampleOf(lines);
  if ('problem' in sample) return sample;
  const { header, rows } = sample;
  const columns = header.map((column, index) =>
    draftColumn(
      column,
      rows.map((cells) => cells[index]!),
    ),
  );
  const [key] = columns.filter(({ type }) => type === 'key').sort((a, b) => b.rank! - a.rank!);
  if (!key) return { problem: 'no column looks like a patient’s key: one must be filled in every row and be named as an id, subject or patient' };
  const [date] = columns.filter(({ type, about }) => type === 'date' && about === undefined).sort((a, b) => b.filled - a.filled);
  const site = columns.find(({ about, type }) => about === 'site' && type === 'text');
  const record = recordOf(columns, rows, key, date);
  const described = { key, date, site, record: record ?? (date ? [key, date] : [key]) };
  const coded = columns.filter((column) => column.type === 'code' && column !== site);
  const map = {
    name,
    title: `${name}: one sentence of what the file is`,
    version: '1',
    format: 'csv-table',
    citation: 'where the file comes from',
    namespace: name,
    ...(encoding === 'utf-8' ? {} : { encoding }),
    mapping: {
      nullTokens: NULLS.filter((token) => token !== '' && rows.some((cells) => cells.includes(token))),
      codelists: Object.fromEntries(coded.map((column) => [listOf(column), { source: 'the sample file: complete it', codes: column.codes }])),
      tables: {
        ROWS: {
          title: 'one row of the file',
          record: described.record.map((column) => column.name),
          subject: key.name,
          ...(site ? { site: site.name } : {}),
          columns: Object.fromEntries(columns.map((column) => [column.name, columnMap(column, described)])),
          rows: rowMaps(name, columns, described),
        },
      },
    },
  };
  return { map, notes: notesOf(columns, described, record !== null, { ...sample, encoding }) };
};

type Described = { key: DraftColumn; date: DraftColumn | undefined; site: DraftColumn | undefined; record: DraftColumn[] };
type Sample = { header: string[]; rows: string[][]; delimiter: Delimiter };

const sampleOf = (lines: readonly string[]): Sample | { problem: string } => {
  const delimiter = delimiterOf(lines[0] ?? '');
  const cells = csvCells(lines[0] ?? '', delimiter)?.map((cell) => cell.replace(/^\uFEFF/, '').trim()) ?? [];
  // a column without a name is a row's number, or a comma at the end
  const named = cells.flatMap((cell, index) => (cell === '' ? [] : [index]));
  const header = named.map((index) => cells[index]!);
  if (/[\0\uFFFD<{]|^HEADER RECORD/.test(lines[0] ?? '')) return { problem: NO_CSV };
  if (header.length < 2) return { problem: 'the first line must be a CSV header of at least 2 named columns' };
  if (new Set(header.map((cell) => cell.toUpperCase())).size < header.length) return { problem: 'the header must have each column once' };
  const rows = lines.slice(1).flatMap((line) => {
    const row = csvCells(line, delimiter);
    return row && row.length === cells.length ? [named.map((index) => row[index]!)] : [];
  });
  return rows.length > 0 ? { header, rows, delimiter } : { problem: 'there must be at least 1 row of as many cells as the header' };
};

const NO_CSV =
  'the file is no CSV. ODM, XPT and Dataset-JSON say their columns themselves: their maps are written by hand (docs/data/edc.md), as config/sources/odm-examples.json is';

/** The fewest columns that name each row of the sample: the patient's, with its date, with one that is full of words or numbers; null: none do. */
const recordOf = (columns: readonly DraftColumn[], rows: readonly string[][], key: DraftColumn, date: DraftColumn | undefined): DraftColumn[] | null => {
  const full = columns.filter((column, index) => column !== key && column !== date && rows.every((cells) => !NULLS.includes(cells[index]!.trim())));
  const others = [...full.filter(({ type }) => type === 'key'), ...full.filter(({ type }) => type === 'code'), ...full.filter(({ type }) => type === 'text' || type === 'date')];
  const dated = date ? [key, date] : [key];
  const choices = [[key], dated, ...others.map((other) => [key, other]), ...others.map((other) => [...dated, other])];
  const places = new Map(columns.map((column, index) => [column, index]));
  return choices.find((choice) => new Set(rows.map((cells) => JSON.stringify(choice.map((column) => cells[places.get(column)!]!.trim())))).size === rows.length) ?? null;
};

const listOf = ({ name }: DraftColumn): string => name.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase();

const columnMap = (column: DraftColumn, { key, site, record }: Described): unknown => {
  if (column === site) return { type: 'text', ...(column.pattern ? { pattern: column.pattern } : {}) };
  switch (column.type) {
    case 'key':
      return column === key ? { type: 'text', required: true } : record.includes(column) ? { type: 'text' } : { type: 'drop', because: 'another identifier' };
    case 'date':
      return { type: 'date', formats: [column.formats![0]] };
    case 'number':
      return { type: 'number', range: column.range, ...(column.decimal ? { decimal: column.decimal } : {}) };
    case 'code':
      return { type: 'code', list: listOf(column) };
    case 'identity':
      return { type: 'drop', because: 'may name or reach the patient' };
    case 'empty':
      return { type: 'drop', because: 'empty in the sample' };
    case 'text':
      return record.includes(column) ? { type: 'text' } : { type: 'drop', because: 'free text: may hold anything about the patient' };
  }
};

const rowMaps = (source: string, columns: readonly DraftColumn[], { site, date }: Described): unknown[] => {
  const of = (about: DraftColumn['about'], type: DraftColumn['type']) => columns.find((column) => column.about === about && column.type === type);
  const [gender, birth, death] = [of('gender', 'code'), of('birth', 'date'), of('death', 'date')];
  const person = gender && {
    table: 'person',
    gender: { column: gender.name, codes: genderCodes(gender.codes!) },
    ...(birth ? { born: [{ date: birth.name }] } : {}),
    ...(site ? { careSite: site.name } : {}),
  };
  return [
    ...(person ? [person] : []),
    ...(site ? [{ table: 'care_site', site: site.name }] : []),
    ...(death ? [{ table: 'death', date: [death.name], type: 'EHR' }] : []),
    ...(date ? columns.filter((column) => isFact(column, site) && column !== gender).map((column) => factRow(source, column, date)) : []),
  ];
};

const isFact = (column: DraftColumn, site: DraftColumn | undefined): boolean => (column.type === 'number' || column.type === 'code') && column !== site;

/** An empty cell makes no row. */
const factRow = (source: string, { name, type, concept, ucum }: DraftColumn, date: DraftColumn): unknown => ({
  table: type === 'number' ? 'measurement' : 'observation',
  when: { [name]: '*' },
  about: [concept ? { concept } : { vocabulary: source, code: name.slice(0, 50) }],
  date: [date.name],
  type: 'EHR',
  value: [{ column: name, ...(ucum ? { ucum } : {}) }],
});

const genderCodes = (codes: readonly string[]): Record<string, string> =>
  Object.fromEntries(codes.flatMap((code) => (/^m(ale)?$/i.test(code) ? [[code, 'male']] : /^f(emale)?$/i.test(code) ? [[code, 'female']] : [])));

const DROPPED: Readonly<Record<string, string>> = { identity: 'may name or reach the patient', empty: 'empty in the sample', text: 'free text' };
const SIGNS: Readonly<Record<Delimiter, string>> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' };

const notesOf = (columns: readonly DraftColumn[], { key, date, site, record }: Described, unique: boolean, { delimiter, encoding }: Sample & { encoding: string }): string[] => [
  `cells are separated by ${SIGNS[delimiter]}${columns.some(({ decimal }) => decimal) ? ', numbers have a decimal comma' : ''}${encoding === 'utf-8' ? '' : `; the text is ${encoding}`}`,
  `the patient’s key: ${key.name}${site ? `; the site: ${site.name}` : ''}`,
  unique
    ? `a row is named by ${record.map(({ name }) => name).join(', ')}`
    : `rows of the sample have the same ${record.map(({ name }) => name).join(' and ')}: add to "record" the columns that tell them apart`,
  date ? `rows are dated by ${date.name}` : 'no column is a date: name one, or nothing can be placed in time',
  ...columns.flatMap(({ name, formats }) => (formats && formats.length > 1 ? [`${name}: dates fit ${formats.join(' and ')}; ${formats[0]} was taken`] : [])),
  ...columns
    .filter((column) => isFact(column, site))
    .map(({ name, type, ucum, concept }) => `${name}: ${type}${ucum ? ` in ${ucum}` : ''}${concept ? `, perhaps ${concept}` : ', no concept found: a code of its own'}`),
  ...columns.flatMap(({ name, about, codes }) =>
    about === 'gender' && codes && Object.keys(genderCodes(codes)).length === 0 ? [`${name}: say which of its codes are male and female`] : [],
  ),
  ...columns.filter((column) => column.type in DROPPED && column !== site && !record.includes(column)).map(({ name, type }) => `${name}: ${DROPPED[type]}, dropped`),
];
