import type { Finding, Reader, Refusal, SetFile, Unit } from '../../reading.ts';
import { type CsvRow, openCsv } from './csv-rows.ts';
import { type Measure, type WearableCsvMap, type WearableTable, columnsOf, headerOf } from './map.ts';
import { DEVICE, PATIENT_SELF_REPORT, measurementDraft } from './measurement-draft.ts';
import { timeReader } from './read-time.ts';
import { type SeriesReading, type StreamRow, SubjectStreams } from './subject-streams.ts';

/** Reads the tables of a tracker's export: a row is a record, and makes a row per measure that it says. */
export const readWearableCsv: Reader<WearableCsvMap> = async function* (files, map) {
  for (const file of files) yield* readFile(file, map);
};

async function* readFile(file: SetFile, map: WearableCsvMap): AsyncGenerator<Unit | Refusal> {
  const csv = await openCsv(file.open());
  const table = csv && tableOf(csv.header, map);
  if (!csv || !table)
    return yield { file: file.index, refused: 'not-this-format', detail: `the file’s columns are those of none of the tables ${Object.keys(map.tables).join(', ')}` };
  const measures = Object.values(table.measures);
  const streams = new SubjectStreams({
    order: table.order,
    series: measures.map(({ summaries, intervalSeconds }) => ({ summaries, interval: intervalSeconds * 1000 })),
    keepsRaw: table.keep !== 'summaries',
    summaryDraft: (subject, { summary: { concept, unit, window }, start, value, readings }) =>
      measurementDraft({ subject, concept, clock: start, isTimed: window === 'hour', value, unit, sourceValue: `of ${readings} readings` }),
  });
  const readRow = rowReader(csv.header, table, map.nullTokens);
  for await (const row of csv.rows) {
    const read = readRow(row);
    if ('findings' in read) yield { file: file.index, ...read };
    else for (const unit of streams.take(read)) yield { file: file.index, ...unit };
  }
  for (const unit of streams.end()) yield { file: file.index, ...unit };
}

/** The table whose columns the file has, in any order; columns without a name are not looked at. */
const tableOf = (header: readonly string[], { tables }: WearableCsvMap): WearableTable | null => {
  const named = header.filter((name) => name !== '');
  return (
    Object.values(tables).find((table) => {
      const columns = headerOf(table);
      return columns.length === named.length && columns.every((name) => named.includes(name));
    }) ?? null
  );
};

type Read = StreamRow | { where: string; findings: Finding[]; text: string };

const MINUTE = 60_000;
const NUMBER = /^[+-]?\d{1,15}(\.\d{1,20})?$/;

const rowReader = (header: readonly string[], table: WearableTable, nullTokens: readonly string[]): ((row: CsvRow) => Read) => {
  const readTime = timeReader(table.time);
  const placeOf = (name: string): number => header.indexOf(name);
  const [subjectPlace, timePlace] = [placeOf(table.subject), placeOf(table.time.column)];
  const measures = Object.entries(table.measures).map(([name, measure], series) => ({
    measure,
    series,
    places: columnsOf(name, measure).map((column) => ({ column, place: placeOf(column) })),
  }));
  const isNull = (cell: string): boolean => cell === '' || nullTokens.includes(cell);
  return ({ where, text, cells }) => {
    const left = (...findings: Finding[]): Read => ({ where, findings, text });
    if (cells === null) return left({ field: null, reason: 'malformed-row' });
    if (cells.length !== header.length) return left({ field: null, reason: 'wrong-column-count' });
    const cellOf = (place: number): string => cells[place]!.trim();
    const findings: Finding[] = [];
    const subject = cellOf(subjectPlace);
    if (isNull(subject)) findings.push({ field: table.subject, reason: 'missing-key' });
    const time = isNull(cellOf(timePlace)) ? ({ reason: 'missing-value' } as const) : readTime(cellOf(timePlace));
    if ('reason' in time) return left(...findings, { field: table.time.column, reason: time.reason });
    const type = table.selfReported?.values.includes(cellOf(placeOf(table.selfReported.column))) ? PATIENT_SELF_REPORT : DEVICE;
    const row: StreamRow & { readings: SeriesReading[]; drafts: ReturnType<typeof measurementDraft>[] } = { where, text, subject, ...time, readings: [], drafts: [] };
    for (const { measure, series, places } of measures) {
      for (const [minute, { column, place }] of places.entries()) {
        const cell = cellOf(place);
        if (isNull(cell)) continue;
        const reason = reasonAgainst(cell, measure, (name) => cellOf(placeOf(name)));
        if (reason) findings.push({ field: column, reason });
        const clock = time.clock + minute * MINUTE;
        const value = Number((Number(cell) * measure.times).toPrecision(12));
        row.readings.push({ series, clock, value });
        if (measure.concept && table.keep !== 'summaries')
          row.drafts.push(
            measurementDraft({
              subject,
              concept: measure.concept,
              clock,
              isTimed: table.isTimed,
              value,
              unit: measure.unit,
              type,
              sourceValue: cell,
              sourceUnit: measure.from ?? measure.unit,
            }),
          );
      }
    }
    return findings.length > 0 ? left(...findings) : row;
  };
};

const reasonAgainst = (cell: string, { range: [low, high], integer, agreesWith }: Measure, cellOf: (column: string) => string): Finding['reason'] | null => {
  if (!NUMBER.test(cell)) return 'unparsable-number';
  const value = Number(cell);
  if (value < low || value > high || (integer && !Number.isInteger(value))) return 'impossible-value';
  if (!agreesWith) return null;
  const other = cellOf(agreesWith.column);
  return NUMBER.test(other) && Math.abs(Number(other) * agreesWith.times - value) > agreesWith.within ? 'contradictory-value' : null;
};
