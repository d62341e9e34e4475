import vocabulary from '../../../config/vocabulary/column-words.json' with { type: 'json' };
import { type DraftColumn, unaccented } from './draft-columns.ts';

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

/** 45 CFR 164.514(b)(2)(i)(C) */
const AGES = 'ages over 89 are identifiers: at most a year of birth is made of one';

const columnMap = (lists: string, column: DraftColumn, { key, site, record }: Described): unknown => {
  if (column === site) return { type: 'text', ...(column.pattern ? { pattern: column.pattern } : {}) };
  if (column.about === 'unit') return { type: 'text' };
  switch (column.type) {
    case 'key':
      return column === key ? { type: 'text', required: true } : record.includes(column) ? { type: 'text' } : { type: 'drop', because: 'another identifier' };
    case 'date':
      return { type: 'date', formats: [column.formats![0]] };
    case 'number':
      return column.about === 'other age'
        ? { type: 'drop', because: AGES }
        : { type: 'number', range: column.range, ...(column.decimal ? { decimal: column.decimal } : {}), ...(column.comparators ? { comparators: true } : {}) };
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

const rowMaps = (source: string, type: DraftOf['type'], columns: readonly DraftColumn[], { key, site, date }: Described): unknown[] => {
  const of = (about: DraftColumn['about'], kind: DraftColumn['type']) => columns.find((column) => column.about === about && column.type === kind);
  const [gender, birth, death, age] = [of('gender', 'code'), of('birth', 'date'), of('death', 'date'), of('age', 'number')];
  const person = gender && {
    table: 'person',
    gender: { column: gender.name, codes: genderCodes(gender.codes!) },
    ...(birth ? { born: [{ date: birth.name }] } : age && date && isFull(date, key) ? { born: [{ age: age.name, on: [date.name] }] } : {}),
    ...(site ? { careSite: site.name } : {}),
  };
  return [
    ...(person ? [person] : []),
    ...(site ? [{ table: 'care_site', ...(isFull(site, key) ? {} : { when: { [site.name]: '*' } }), site: site.name }] : []),
    ...(death ? [{ table: 'death', ...(isFull(death, key) ? {} : { when: { [death.name]: '*' } }), date: [death.name], type }] : []),
    ...(date ? columns.filter((column) => isFact(column, site) && column !== gender).map((column) => factRow(source, type, column, date, columns, key)) : []),
  ];
};

/** Whether all rows of the sample have a value of it, as they have a key. */
const isFull = (column: DraftColumn, key: DraftColumn): boolean => column.filled === key.filled;

const isFact = ({ type, about, ...column }: DraftColumn, site: DraftColumn | undefined): boolean =>
  column.name !== site?.name && about !== 'unit' && (type === 'code' || (type === 'number' && about !== 'age' && about !== 'other age'));

/** An empty cell makes no row, nor does one without a date. */
const factRow = (
  source: string,
  type: DraftOf['type'],
  { name, type: kind, concept, ucum }: DraftColumn,
  date: DraftColumn,
  columns: readonly DraftColumn[],
  key: DraftColumn,
): unknown => ({
  table: kind === 'number' ? 'measurement' : 'observation',
  when: { [name]: '*', ...(isFull(date, key) ? {} : { [date.name]: '*' }) },
  about: [concept ? { concept } : { vocabulary: source, code: name.slice(0, 50) }],
  date: [date.name],
  type,
  value: [{ column: name, ...(ucum ? { ucum } : columns.some((column) => column.name === unitOf(name)) ? { unit: unitOf(name) } : {}) }],
});

/** The column of another's unit, as a document has it beside the value. */
export const unitOf = (name: string): string => `${name}.UNIT`;

/** Beside H (hombre, homme) or V (varón, vrouw) one letter may be of either: M is mujer, or man. */
const genderCodes = (codes: readonly string[]): Record<string, string> => {
  const isOpen = codes.some((code) => /^[hv]$/i.test(code));
  return Object.fromEntries(
    codes.flatMap((code) => {
      const word = unaccented(code);
      if (isOpen && word.length === 1) return [];
      return vocabulary.male.includes(word) ? [[code, 'male']] : vocabulary.female.includes(word) ? [[code, 'female']] : [];
    }),
  );
};

const DROPPED: Readonly<Record<string, string>> = { identity: 'may name or reach the patient', empty: 'empty in the sample', text: 'free text or words of no known vocabulary' };
/** What was guessed of a table's columns, in words. */
export const columnNotes = (columns: readonly DraftColumn[], { key, date, site, record }: Described): string[] => [
  date
    ? `rows are dated by ${date.name}${isFull(date, key) ? '' : `, which ${key.filled - date.filled} of ${key.filled} rows of the sample lack: they make no facts`}`
    : 'no column is a date: name one, or nothing can be placed in time',
  ...columns.flatMap(({ name, formats }) => (formats && formats.length > 1 ? [`${name}: dates fit ${formats.join(' and ')}; ${formats[0]} was taken`] : [])),
  ...columns
    .filter((column) => isFact(column, site))
    .map(
      ({ name, type, ucum, comparators, concept }) =>
        `${name}: ${type}${ucum ? ` in ${ucum}` : ''}${comparators ? ', some below or above a limit' : ''}${concept ? `, perhaps ${concept}` : ', no concept found: a code of its own'}`,
    ),
  ...columns.flatMap(({ name, about, codes }) =>
    about === 'gender' && codes && new Set(Object.values(genderCodes(codes))).size < Math.min(2, codes.length) ? [`${name}: say which of its codes are male and female`] : [],
  ),
  ...columns.flatMap(({ name, about, type }) => (type === 'number' && (about === 'age' || about === 'other age') ? [`${name}: no fact of its own, ${AGES}`] : [])),
  ...columns
    .filter((column) => column.type in DROPPED && column !== site && column.about !== 'unit' && !record.includes(column))
    .map(({ name, type }) => `${name}: ${DROPPED[type]}, dropped`),
];
