import type { Finding, Reader, SetFile, Unit, Units } from '../../reading.ts';
import { type CsvRow, type OpenedCsv, openCsv, placeOfColumn, reasonAgainstKey } from './csv-rows.ts';
import { type Measure, type WearableCsvMap, type WearableTable, columnsOf, headerOf, timePolicyOf } from './map.ts';
import { type DayMonthOrder, dayMonthOrder } from './day-month-order.ts';
import { DEVICE, PATIENT_SELF_REPORT, measurementDraft } from './measurement-draft.ts';
import { timeReader } from './read-time.ts';
import { type SeriesReading, type StreamRow, SubjectStreams, TOO_MANY_IN_TURN } from './subject-streams.ts';

/** Reads the tables of a tracker's export: a row is a record, and makes a row per measure that it says. */
export const readWearableCsv: Reader<WearableCsvMap> = async function* (files, map) {
  for (const file of files) yield* readFile(file, map);
};

async function* readFile(file: SetFile, map: WearableCsvMap): AsyncGenerator<Units> {
  const csv = await openCsv(file.open, map.encoding, (names) => tableOf(names, map) !== null);
  if ('problem' in csv) return yield { file: file.index, refused: 'not-this-format', detail: csv.problem };
  const table = tableOf(csv.header, map);
  if (!table) return yield { file: file.index, refused: 'not-this-format', detail: refusalOf(csv.header, map) };
  const measures = Object.values(table.measures);
  const streams = new SubjectStreams(file.index, {
    order: table.order,
    series: measures.map(({ summaries, intervalSeconds }) => ({ summaries, interval: intervalSeconds * 1000 })),
    keepsRaw: table.keep !== 'summaries',
    summaryDraft: (subject, { summary: { concept, unit, window }, start, value, readings }) =>
      measurementDraft({ subject, concept, clock: start, isTimed: window === 'hour', value, unit, sourceValue: `of ${readings} readings` }),
  });
  const order = dayMonthOrder(timePolicyOf(table, map));
  const readRow = rowReader(file.index, csv, table, map, order);
  const unitsOf = function* (rows: Iterable<CsvRow>): Generator<Unit> {
    for (const row of rows) {
      const read = readRow(row);
      if ('findings' in read) yield read;
      else yield* streams.take(read);
    }
  };
  for await (const rows of csv.rows) yield unitsOf(rows);
  yield streams.end();
  const problem = order.problem();
  if (problem) yield { file: file.index, refused: 'not-this-format', detail: problem };
  if (streams.cameBack) yield { file: file.index, refused: 'too-large', detail: TOO_MANY_IN_TURN };
}

/** The table whose columns the file has, in any order; columns without a name are not looked at. */
const tableOf = (header: readonly string[], { tables }: WearableCsvMap): WearableTable | null => {
  const named = header.filter((name) => name !== '');
  return (
    Object.values(tables).find((table) => {
      const columns = headerOf(table);
      return columns.length === named.length && columns.every((name) => placeOfColumn(named, name) >= 0);
    }) ?? null
  );
};

/** Says what keeps the file from the table that has most of its columns. Columns that no table has are counted: their names may be anything. */
const refusalOf = (header: readonly string[], { tables }: WearableCsvMap): string => {
  const named = header.filter((name) => name !== '');
  const described = Object.entries(tables).map(([name, table]) => {
    const columns = headerOf(table);
    const missing = columns.filter((column) => placeOfColumn(named, column) < 0);
    return { name, missing, found: columns.length - missing.length };
  });
  const none = `the file’s columns are those of none of the tables ${Object.keys(tables).join(', ')}`;
  const [nearest] = described.sort((a, b) => b.found - a.found || a.missing.length - b.missing.length);
  if (!nearest || nearest.found === 0) return none;
  const { name, missing, found } = nearest;
  const other = named.length - found;
  const told = [...(missing.length > 0 ? [`${missing.join(', ')} missing`] : []), ...(other > 0 ? [`${other} it does not describe`] : [])].join(', ');
  return `${none}; of the nearest, ${name}: ${told}`;
};

type Read = StreamRow | Extract<Unit, { findings: unknown }>;

const MINUTE = 60_000;
const NUMBER = /^[+-]?\d{1,15}(\.\d{1,20})?$/;
/** Spreadsheets that write a comma before decimals set something else between cells: semicolons. */
const DECIMAL_COMMA = /^([+-]?\d{1,15}),(\d{1,20})$/;
/** Between tabs or bars it may also be one of thousands: it is not guessed. */
const MAYBE_THOUSANDS = /^[+-]?[1-9]\d{0,2},\d{3}$/;

const rowReader = (file: number, { header, delimiter }: OpenedCsv, table: WearableTable, map: WearableCsvMap, order: DayMonthOrder): ((row: CsvRow) => Read) => {
  const readTime = timeReader(timePolicyOf(table, map));
  const at = (name: string): number => placeOfColumn(header, name);
  const { subject: key } = table;
  const keyPlace = typeof key === 'string' ? at(key) : -1;
  const timePlaces = [table.time.column, ...(table.time.ofDay ? [table.time.ofDay] : [])].map(at);
  const selfReportedPlace = table.selfReported ? at(table.selfReported.column) : null;
  const measures = Object.entries(table.measures).map(([name, measure], series) => ({
    measure,
    series,
    places: columnsOf(name, measure).map((column) => ({ column, place: at(column) })),
    agreesWithPlace: measure.agreesWith ? at(measure.agreesWith.column) : null,
  }));
  const isAmbiguous = (cell: string): boolean => delimiter === ',' || (delimiter !== ';' && MAYBE_THOUSANDS.test(cell));
  const numberIn = (cell: string): string => (isAmbiguous(cell) ? cell : cell.replace(DECIMAL_COMMA, '$1.$2'));
  const isNull = (cell: string): boolean => cell === '' || map.nullTokens.includes(cell);
  return ({ where, text, cells }) => {
    const left = (...findings: Finding[]): Read => ({ file, where, findings, text });
    if (cells === null) return left({ field: null, reason: 'malformed-row' });
    if (cells.length !== header.length) return left({ field: null, reason: 'wrong-column-count' });
    const cellOf = (place: number): string => cells[place]!.trim();
    const findings: Finding[] = [];
    const subject = typeof key === 'string' ? cellOf(keyPlace) : key.is;
    const against = reasonAgainstKey(subject, isNull);
    if (against) findings.push({ field: typeof key === 'string' ? key : null, reason: against });
    const parts = timePlaces.map(cellOf);
    const time = parts.some(isNull) ? ({ reason: 'missing-value' } as const) : readTime(parts.join(' '));
    order.see(parts.join(' '), !('reason' in time));
    if ('reason' in time) return left(...findings, { field: table.time.column, reason: time.reason });
    const type = selfReportedPlace !== null && table.selfReported!.values.includes(cellOf(selfReportedPlace)) ? PATIENT_SELF_REPORT : DEVICE;
    const row: StreamRow & { readings: SeriesReading[]; drafts: ReturnType<typeof measurementDraft>[] } = {
      where,
      text,
      subject,
      clock: time.clock,
      order: time.order,
      readings: [],
      drafts: [],
    };
    for (const { measure, series, places, agreesWithPlace } of measures) {
      for (const [minute, { column, place }] of places.entries()) {
        const cell = cellOf(place);
        if (isNull(cell)) continue;
        const number = numberIn(cell);
        const reason = reasonAgainst(number, measure, agreesWithPlace === null ? '' : numberIn(cellOf(agreesWithPlace)));
        if (reason) findings.push({ field: column, reason });
        const clock = time.clock + minute * MINUTE;
        const value = Number((Number(number) * measure.times).toPrecision(12));
        row.readings.push({ series, clock, value });
        if (measure.concept && table.keep !== 'summaries')
          row.drafts.push(
            measurementDraft({
              subject,
              concept: measure.concept,
              clock,
              instant: time.order + minute * MINUTE,
              isTimed: table.isTimed && time.hasHour,
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

/** @param other what the column says that the measure must agree with */
const reasonAgainst = (number: string, { range: [low, high], integer, agreesWith }: Measure, other: string): Finding['reason'] | null => {
  if (!NUMBER.test(number)) return 'unparsable-number';
  const value = Number(number);
  if (value < low || value > high || (integer && !Number.isInteger(value))) return 'impossible-value';
  return agreesWith && NUMBER.test(other) && Math.abs(Number(other) * agreesWith.times - value) > agreesWith.within ? 'contradictory-value' : null;
};
