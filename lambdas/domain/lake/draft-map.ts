import { csvCells, csvRecords, type Delimiter, delimiterOf } from './csv-records.ts';
import { type DraftColumn, draftColumn, isValue, NULLS } from './draft-columns.ts';
import { columnNotes, type Described, describe, tableDraft } from './draft-table.ts';

/**
 * A draft of a source map for a CSV file, from its header and the sample's rows: to be edited before it is used. It keeps nothing of the
 * sample but short lists of codes and rough ranges; a column of free words is dropped.
 */
export const draftMap = async (name: string, lines: readonly string[], encoding = 'utf-8'): Promise<{ map: unknown; notes: string[] } | { problem: string }> => {
  const sample = await sampleOf(lines);
  if ('problem' in sample) return sample;
  const { header, rows, delimiter } = sample;
  const columns = inOneOrder(
    header.map((column, index) =>
      draftColumn(
        column,
        rows.map((cells) => cells[index]!),
      ),
    ),
  );
  const [key] = columns.filter(({ type }) => type === 'key').sort((a, b) => b.rank! - a.rank!);
  if (!key) return { problem: 'no column looks like a patient’s key: one must be filled in every row and be named as an id, subject or patient' };
  const described = describe(columns, key);
  const unique = recordOf(columns, rows, described);
  const record = unique ?? (described.date?.filled === key.filled ? [key, described.date] : [key]);
  const { table, codelists } = tableDraft({ source: name, title: 'one row of the file', type: 'EHR', lists: '' }, columns, { ...described, record });
  const map = {
    ...draftBase(name, 'csv-table'),
    ...(encoding === 'utf-8' ? {} : { encoding }),
    mapping: {
      nullTokens: NULLS.filter((token) => token !== '' && rows.some((cells) => cells.includes(token))),
      codelists,
      tables: { ROWS: table },
    },
  };
  const notes = [
    `cells are separated by ${SIGNS[delimiter]}${columns.some(({ decimal }) => decimal) ? ', numbers have a decimal comma' : ''}${encoding === 'utf-8' ? '' : `; the text is ${encoding}`}`,
    `the patient’s key: ${key.name}${described.site ? `; the site: ${described.site.name}` : ''}`,
    unique
      ? `a row is named by ${record.map((column) => column.name).join(', ')}`
      : `rows of the sample have the same ${record.map((column) => column.name).join(' and ')}: add to "record" the columns that tell them apart`,
  ];
  return { map, notes: [...notes, ...columnNotes(columns, { ...described, record })] };
};

/** Day and month stand in all dates of a file in the order of those that can be read in one only. */
const inOneOrder = (columns: readonly DraftColumn[]): DraftColumn[] => {
  const ordersOf = ({ formats }: DraftColumn): string[] => [...new Set((formats ?? []).map((format) => format[0]!))];
  const told = new Set(columns.map(ordersOf).flatMap(([order, other]) => (order !== undefined && 'DM'.includes(order) && other === undefined ? [order] : [])));
  const [order, other] = told;
  if (order === undefined || other !== undefined) return [...columns];
  return columns.map((column) => (ordersOf(column).includes(order) ? { ...column, formats: column.formats!.filter((format) => format[0] === order) } : column));
};

/** What a map says of itself, to be completed. */
export const draftBase = (name: string, format: string) => ({
  name,
  title: `${name}: one sentence of what the file is`,
  version: '1',
  format,
  citation: 'where the file comes from',
  namespace: name,
});

const SIGNS: Readonly<Record<Delimiter, string>> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' };

type Sample = { header: string[]; rows: string[][]; delimiter: Delimiter };

const sampleOf = async (lines: readonly string[]): Promise<Sample | { problem: string }> => {
  const delimiter = delimiterOf(lines[0] ?? '');
  const cells = csvCells(lines[0] ?? '', delimiter)?.map((cell) => cell.replace(/^\uFEFF/, '').trim()) ?? [];
  // a column without a name is a row's number, or a comma at the end
  const named = cells.flatMap((cell, index) => (cell === '' ? [] : [index]));
  const header = named.map((index) => cells[index]!);
  if (/[\0\uFFFD<{]|^HEADER RECORD/.test(lines[0] ?? '')) return { problem: NO_CSV };
  if (header.length < 2) return { problem: 'the first line must be a CSV header of at least 2 named columns' };
  const value = named.find((index) => isValue(cells[index]!));
  if (value !== undefined) return { problem: `the first line must be the header: cell ${value + 1} of it is a number, a date or an address` };
  if (new Set(header.map((cell) => cell.toUpperCase())).size < header.length) return { problem: 'the header must have each column once' };
  const rows: string[][] = [];
  for await (const records of csvRecords(oneBatch(lines), cells.length, delimiter))
    for (const { cells: row } of records) if (row?.length === cells.length) rows.push(named.map((index) => row[index]!));
  return rows.length > 0 ? { header, rows, delimiter } : { problem: 'there must be at least 1 row of as many cells as the header' };
};

async function* oneBatch(lines: readonly string[]): AsyncGenerator<readonly string[]> {
  yield lines;
}

const NO_CSV = 'the file must be CSV or ODM: SDTM as XPT or Dataset-JSON is read by the shipped sources; another map of these is written by hand (docs/data/edc.md)';

/** The fewest columns that name each row of the sample: the patient's, with its date, with one that is full of words or numbers; null: none do. */
const recordOf = (columns: readonly DraftColumn[], rows: readonly string[][], { key, date }: Omit<Described, 'record'>): DraftColumn[] | null => {
  const full = columns.filter((column, index) => column !== key && column !== date && rows.every((cells) => !NULLS.includes(cells[index]!.trim())));
  const others = [...full.filter(({ type }) => type === 'key'), ...full.filter(({ type }) => type === 'code'), ...full.filter(({ type }) => type === 'text' || type === 'date')];
  const dated = date?.filled === key.filled ? [key, date] : [key];
  const choices = [[key], dated, ...others.map((other) => [key, other]), ...others.map((other) => [...dated, other])];
  const places = new Map(columns.map((column, index) => [column, index]));
  return choices.find((choice) => new Set(rows.map((cells) => JSON.stringify(choice.map((column) => cells[places.get(column)!]!.trim())))).size === rows.length) ?? null;
};
