import type { DraftColumn } from './draft-columns.ts';

/** What the columns of a table are to its rows. */
export type Described = { key: DraftColumn; date: DraftColumn | undefined; site: DraftColumn | undefined; record: DraftColumn[] };
/** `lists`: what comes before the names of its code lists; `type`: how its records were captured. */
type DraftOf = { source: string; title: string; type: 'EHR' | 'case report form'; lists: string };

/** The date that is filled most, and the first site. Births and deaths date nothing but themselves. */
export const describe = (columns: readonly DraftColumn[], key: DraftColumn): Omit<Described, 'record'> => {
  const [date] = columns.filter(({ type, about }) => type === 'date' && about === undefined).sort((a, b) => b.filled - a.filled);
  return { key, date, site: columns.find(({ about, type }) => about === 'site' && type === 'text') };
};

export const tableDraft = (
  { source, title, type, lists }: DraftOf,
  columns: readonly DraftColumn[],
  described: Described,
): { table: Record<string, unknown>; codelists: Record<string, unknown> } => {
  const { key, site, record } = described;
  const coded = columns.filter((column) => column.type === 'code' && column !== site);
  return {
    codelists: Object.fromEntries(coded.map((column) => [listOf(lists, column), { source: 'the sample file: complete it', codes: column.codes }])),
    table: {
      title,
      record: record.map((column) => column.name),
      subject: key.name,
      ...(site ? { site: site.name } : {}),
      columns: Object.fromEntries(columns.map((column) => [column.name, columnMap(lists, column, described)])),
      rows: rowMaps(source, type, columns, described),
    },
  };
};

const listOf = (lists: string, { name }: DraftColumn): string => `${lists}${name.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()}`;

const columnMap = (lists: string, column: DraftColumn, { key, site, record }: Described): unknown => {
  if (column === site) return { type: 'text', ...(column.pattern ? { pattern: column.pattern } : {}) };
  if (column.about === 'unit') return { type: 'text' };
  switch (column.type) {
    case 'key':
      return column === key ? { type: 'text', required: true } : record.includes(column) ? { type: 'text' } : { type: 'drop', because: 'another identifier' };
    case 'date':
      return { type: 'date', formats: [column.formats![0]] };
    case 'number':
      return { type: 'number', range: column.range, ...(column.decimal ? { decimal: column.decimal } : {}) };
    case 'code':
      return { type: 'code', list: listOf(lists, column) };
    case 'identity':
      return { type: 'drop', because: 'may name or reach the patient' };
    case 'empty':
      return { type: 'drop', because: 'empty in the sample' };
    case 'text':
      return record.includes(column) ? { type: 'text' } : { type: 'drop', because: 'free text or unknown words: may hold anything about the patient' };
  }
};

const rowMaps = (source: string, type: DraftOf['type'], columns: readonly DraftColumn[], { site, date }: Described): unknown[] => {
  const of = (about: DraftColumn['about'], kind: DraftColumn['type']) => columns.find((column) => column.about === about && column.type === kind);
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
    ...(death ? [{ table: 'death', date: [death.name], type }] : []),
    ...(date ? columns.filter((column) => isFact(column, site) && column !== gender).map((column) => factRow(source, type, column, date, columns)) : []),
  ];
};

const isFact = (column: DraftColumn, site: DraftColumn | undefined): boolean => (column.type === 'number' || column.type === 'code') && column !== site && column.about !== 'unit';

/** An empty cell makes no row. */
const factRow = (source: string, type: DraftOf['type'], { name, type: kind, concept, ucum }: DraftColumn, date: DraftColumn, columns: readonly DraftColumn[]): unknown => ({
  table: kind === 'number' ? 'measurement' : 'observation',
  when: { [name]: '*' },
  about: [concept ? { concept } : { vocabulary: source, code: name.slice(0, 50) }],
  date: [date.name],
  type,
  value: [{ column: name, ...(ucum ? { ucum } : columns.some((column) => column.name === unitOf(name)) ? { unit: unitOf(name) } : {}) }],
});

/** The column of another's unit, as a document has it beside the value. */
export const unitOf = (name: string): string => `${name}.UNIT`;

const genderCodes = (codes: readonly string[]): Record<string, string> =>
  Object.fromEntries(codes.flatMap((code) => (/^m(ale)?$/i.test(code) ? [[code, 'male']] : /^f(emale)?$/i.test(code) ? [[code, 'female']] : [])));

const DROPPED: Readonly<Record<string, string>> = { identity: 'may name or reach the patient', empty: 'empty in the sample', text: 'free text or words of no known vocabulary' };
/** What was guessed of a table's columns, in words. */
export const columnNotes = (columns: readonly DraftColumn[], { date, site, record }: Described): string[] => [
  date ? `rows are dated by ${date.name}` : 'no column is a date: name one, or nothing can be placed in time',
  ...columns.flatMap(({ name, formats }) => (formats && formats.length > 1 ? [`${name}: dates fit ${formats.join(' and ')}; ${formats[0]} was taken`] : [])),
  ...columns
    .filter((column) => isFact(column, site))
    .map(({ name, type, ucum, concept }) => `${name}: ${type}${ucum ? ` in ${ucum}` : ''}${concept ? `, perhaps ${concept}` : ', no concept found: a code of its own'}`),
  ...columns.flatMap(({ name, about, codes }) =>
    about === 'gender' && codes && Object.keys(genderCodes(codes)).length === 0 ? [`${name}: say which of its codes are male and female`] : [],
  ),
  ...columns
    .filter((column) => column.type in DROPPED && column !== site && column.about !== 'unit' && !record.includes(column))
    .map(({ name, type }) => `${name}: ${DROPPED[type]}, dropped`),
];
