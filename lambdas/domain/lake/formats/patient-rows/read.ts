import { type CsvRecord, csvCells, csvRecords, textLines } from '../../csv-records.ts';
import { patientDrafts } from '../../omop-rows.ts';
import { columnIndex, readRow } from '../../read-row.ts';
import type { Finding, Reader, Refusal, SetFile, Unit, Units } from '../../reading.ts';
import { type PatientRowsMap, headerOf } from '../../source-map.ts';

/** CSV with one row per patient, every column described by the map. Memory grows only with the number of patients, to find one that comes twice. */
export const readPatientRows: Reader<PatientRowsMap> = async function* (files, map) {
  const subjects = new Set<string>();
  for (const file of files) yield* readFile(file, map, subjects);
};

async function* readFile(file: SetFile, map: PatientRowsMap, subjects: Set<string>): AsyncGenerator<Units> {
  const refuse = (detail: string): Refusal => ({ file: file.index, refused: 'not-this-format', detail });
  const bytes = new TextBytes(file.open());
  const lines = textLines(bytes)[Symbol.asyncIterator]();
  const first = await lines.next();
  const header = first.done ? [] : (csvCells(first.value[0]!) ?? []);
  const problem = headerProblem(header, map);
  if (bytes.binary || problem) {
    await lines.return?.(undefined);
    yield refuse(bytes.binary ? `the file is binary; source ${map.name} is CSV text in UTF-8` : problem!);
    return;
  }
  const columns = columnIndex(map, header);
  const draftsOf = patientDrafts(map);
  const key = Object.entries(map.columns).find(([, { type }]) => type === 'key')![0];
  let rows = 0;
  const unitOf = ({ row, text, cells }: CsvRecord): Unit => {
    const where = `row ${row}`;
    const leftOut = (...findings: Finding[]): Unit => ({ file: file.index, where, findings, text });
    if (cells === null) return leftOut({ field: null, reason: 'malformed-row' });
    if (cells.length !== header.length) return leftOut({ field: null, reason: 'wrong-column-count' });
    const read = readRow(map, columns, cells);
    if ('findings' in read) return leftOut(...read.findings);
    if (subjects.has(read.patient.subject)) return leftOut({ field: key, reason: 'duplicate-key' });
    subjects.add(read.patient.subject);
    return { file: file.index, where, drafts: draftsOf(read.patient) };
  };
  const unitsOf = function* (records: Iterable<CsvRecord>): Generator<Unit> {
    for (const record of records) {
      rows += 1;
      if (bytes.binary) return;
      yield unitOf(record);
    }
  };
  for await (const records of csvRecords(prepend(first.value as string[], lines), header.length)) {
    yield unitsOf(records);
    if (bytes.binary) break;
  }
  if (bytes.binary) yield refuse(`the file is binary; source ${map.name} is CSV text in UTF-8`);
  else if (rows === 0) yield refuse('the file has a header but no rows');
}

/** Passes bytes on and notes a NUL, which no text has. */
class TextBytes {
  binary = false;
  readonly #chunks: AsyncIterable<Uint8Array>;
  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks;
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#chunks) {
      this.binary ||= chunk.includes(0);
      yield chunk;
    }
  }
}

async function* prepend(first: string[], rest: AsyncIterator<string[]>): AsyncGenerator<string[]> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Quotes only the source map, never the file: a file without a header has a patient in its first line. */
const headerProblem = (header: string[], map: PatientRowsMap): string | null => {
  const expected = headerOf(map);
  const found = header.map((name) => name.trim());
  const missing = expected.filter((name) => !found.includes(name));
  const unknown = found.filter((name) => !expected.includes(name)).length;
  const repeated = [...new Set(found.filter((name, index) => found.indexOf(name) !== index && expected.includes(name)))];
  if (missing.length === expected.length) return `the first line is not the header of source ${map.name}: none of its ${expected.length} columns is there`;
  if (missing.length > 0) return `the header lacks ${missing.length} of the ${expected.length} columns of source ${map.name}: ${listed(missing)}`;
  if (repeated.length > 0) return `the header repeats ${listed(repeated)}`;
  if (unknown > 0) return `the header has ${unknown} columns that source ${map.name} does not describe; it describes exactly ${expected.length}`;
  return null;
};

const listed = (names: string[]): string =>
  `${names
    .slice(0, 3)
    .map((name) => `"${name}"`)
    .join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
