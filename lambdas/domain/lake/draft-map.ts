import { CONCEPTS } from './concepts.ts';
import { csvCells } from './csv-records.ts';
import { isDateFormat, readDate } from './formats/table/read-date.ts';

const NULLS = ['', 'NA', 'N/A', 'NULL', 'null', '.', 'NaN'];
const FORMATS = ['iso8601', 'M/D/YYYY h:mm:ss A', 'M/D/YYYY', 'DD.MM.YYYY', 'DD-MMM-YYYY', 'YYYYMMDD'].filter(isDateFormat);
const KEY = /(^|[^a-z])(id|key|subject|patient|person|mrn|usubjid)([^a-z]|$)/i;
const SITE = /(^|[^a-z])(site|hospital|centre|center|clinic)([^a-z]|$)/i;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
/** More values than this are no list of codes. */
const MOST_CODES = 12;
const LONGEST_CODE = 30;

type Guess = { name: string; type: 'key' | 'date' | 'number' | 'code' | 'text'; format?: string; range?: [number, number]; unit?: string; codes?: string[]; concept?: string };

/** What a column seems to be, by its name and the sample's values. Only a short list of codes is taken from the values. */
const guess = (name: string, values: readonly string[], rows: number): Guess => {
  const known = values.map((value) => value.trim()).filter((value) => !NULLS.includes(value));
  const distinct = new Set(known);
  const unit = /[([]\s*([^)\]]+?)\s*[)\]]\s*$/.exec(name)?.[1];
  const concept = conceptLike(name);
  const more = { ...(unit ? { unit } : {}), ...(concept ? { concept } : {}) };
  if (KEY.test(name) && known.length === rows) return { name, type: 'key' };
  if (known.length > 0 && known.every((value) => NUMBER.test(value))) {
    const numbers = known.map(Number);
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const margin = Math.max(1, high - low);
    return { name, type: 'number', range: [Number((low - margin).toPrecision(3)), Number((high + margin).toPrecision(3))], ...more };
  }
  const format = FORMATS.find((each) => known.length > 0 && known.every((value) => !('reason' in readDate(value, [each]))));
  if (format) return { name, type: 'date', format };
  const short = [...distinct].every((value) => value.length <= LONGEST_CODE);
  if (distinct.size > 0 && distinct.size <= MOST_CODES && short && (known.length >= 2 * distinct.size || distinct.size <= 2))
    return { name, type: 'code', codes: [...distinct].sort(), ...more };
  return { name, type: 'text' };
};

/** The concept whose title or name shares the most words with a column's name. */
const conceptLike = (name: string): string | undefined => {
  const words = wordsOf(name);
  const scored = Object.entries(CONCEPTS)
    .map(([concept, { title }]) => {
      const own = new Set([...wordsOf(concept), ...wordsOf(title)]);
      return { concept, shared: words.filter((word) => own.has(word)).length, of: own.size };
    })
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared || a.of - b.of);
  return scored[0]?.concept;
};
const wordsOf = (text: string): string[] =>
  text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 2);

/**
 * A draft of a source map for a CSV file, from its header and the sample's rows: to be edited before it is used. It keeps nothing of the
 * sample but short lists of codes and rough ranges; a column of free words is dropped.
 */
export const draftMap = (name: string, lines: readonly string[]): { map: unknown; notes: string[] } | { problem: string } => {
  const header = csvCells(lines[0] ?? '')?.map((cell) => cell.replace(/^\uFEFF/, '').trim());
  const columns = header?.filter((cell, index) => cell !== '' || index < header.length - 1);
  if (!header || !columns || columns.length < 2 || columns.some((cell) => cell === '')) return { problem: 'the first line must be a CSV header of at least 2 named columns' };
  const rows = lines.slice(1).flatMap((line) => {
    const cells = csvCells(line);
    return cells && cells.length === header.length ? [cells] : [];
  });
  if (rows.length === 0) return { problem: 'there must be at least 1 row of as many cells as the header' };
  const guesses = columns.map((column, index) =>
    guess(
      column,
      rows.map((cells) => cells[index]!),
      rows.length,
    ),
  );
  const key = guesses.find(({ type }) => type === 'key');
  if (!key) return { problem: 'no column looks like a patient’s key: one must be filled in every row and be named as an id, subject or patient' };
  const date = guesses.find(({ type }) => type === 'date');
  const site = guesses.find((each) => SITE.test(each.name) && each.type !== 'date');
  const listOf = (column: string) => column.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase();
  const coded = guesses.filter(({ type }) => type === 'code');
  const columnOf = ({ name: column, type, format, range, codes }: Guess): unknown => {
    if (column === site?.name) return { type: 'text', pattern: '^[0-9A-Za-z-]{1,20}$' };
    switch (type) {
      case 'key':
        return column === key.name ? { type: 'text', required: true } : { type: 'drop', because: 'another identifier' };
      case 'date':
        return { type: 'date', formats: [format] };
      case 'number':
        return { type: 'number', range };
      case 'code':
        return codes ? { type: 'code', list: listOf(column) } : { type: 'text' };
      case 'text':
        return { type: 'drop', because: 'free text: may hold anything about the patient' };
    }
  };
  const facts = guesses.filter((each) => (each.type === 'number' || each.type === 'code') && each.name !== site?.name);
  const gender = guesses.find((each) => /^(sex|gender)$/i.test(each.name));
  const rowsOf = date
    ? [
        ...(gender ? [{ table: 'person', gender: { column: gender.name, codes: genderCodes(gender.codes ?? []) } }] : []),
        ...facts
          .filter((each) => each !== gender)
          .map(({ name: column, type, concept }) => ({
            table: type === 'number' ? 'measurement' : 'observation',
            about: [concept ? { concept } : { vocabulary: name, code: column.slice(0, 50) }],
            date: [date.name],
            type: 'EHR',
            value: [{ column }],
          })),
      ]
    : [];
  const map = {
    name,
    title: `${name}: one sentence of what the file is`,
    version: '1',
    format: 'csv-table',
    citation: 'where the file comes from',
    namespace: name,
    mapping: {
      nullTokens: NULLS.filter((token) => token !== '' && rows.some((cells) => cells.includes(token))),
      codelists: Object.fromEntries(
        coded.filter(({ name: column }) => column !== site?.name).map(({ name: column, codes }) => [listOf(column), { source: 'the sample file: complete it', codes }]),
      ),
      tables: {
        ROWS: {
          title: 'one row of the file',
          record: date ? [key.name, date.name] : [key.name],
          subject: key.name,
          ...(site ? { site: site.name } : {}),
          columns: Object.fromEntries(guesses.map((each) => [each.name, columnOf(each)])),
          rows: rowsOf,
        },
      },
    },
  };
  const notes = [
    `the patient’s key: ${key.name}${site ? `; the site: ${site.name}` : ''}`,
    date ? `rows are dated by ${date.name}` : 'no column is a date: name one, or nothing can be placed in time',
    ...facts.map(
      ({ name: column, type, unit, concept }) => `${column}: ${type}${unit ? ` in ${unit}` : ''}${concept ? `, perhaps ${concept}` : ', no concept found: a code of its own'}`,
    ),
    ...guesses.filter(({ type }) => type === 'text').map(({ name: column }) => `${column}: free text, dropped`),
  ];
  return { map, notes };
};

const genderCodes = (codes: readonly string[]): Record<string, string> =>
  Object.fromEntries(codes.flatMap((code) => (/^m(ale)?$/i.test(code) ? [[code, 'male']] : /^f(emale)?$/i.test(code) ? [[code, 'female']] : [])));
