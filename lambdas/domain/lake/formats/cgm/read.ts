import type { Finding, Reader, SetFile, Unit, Units } from '../../reading.ts';
import { type CsvRow, openCsv, placeOfColumn, reasonAgainstKey } from '../wearable/csv-rows.ts';
import { type DayMonthOrder, dayMonthOrder } from '../wearable/day-month-order.ts';
import { measurementDraft } from '../wearable/measurement-draft.ts';
import { type RowTime, timeReader } from '../wearable/read-time.ts';
import { type StreamRow, SubjectStreams, TOO_MANY_IN_TURN } from '../wearable/subject-streams.ts';
import type { CgmMap } from './map.ts';
import { type Glucose, type GlucoseUnit, glucoseReader, glucoseUnitOf } from './read-glucose.ts';
import { rowNumbering } from './row-numbering.ts';

/** Reads the tables of continuous glucose monitors: a row is a reading and a record. */
export const readCgm: Reader<CgmMap> = async function* (files, map) {
  for (const file of files) yield* readFile(file, map);
};

async function* readFile(file: SetFile, map: CgmMap): AsyncGenerator<Units> {
  const csv = await openCsv(file.open, map.encoding, (names) => !('missing' in placesOf(names, map)));
  if ('problem' in csv) return yield { file: file.index, refused: 'not-this-format', detail: csv.problem };
  const places = placesOf(csv.header, map);
  if ('missing' in places)
    return yield { file: file.index, refused: 'not-this-format', detail: `the file has no column of the ${places.missing}: one of ${places.names.join(', ')}` };
  const streams = new SubjectStreams(file.index, {
    order: map.order,
    series: [{ summaries: map.summaries, interval: map.device.intervalMinutes * 60_000 }],
    keepsRaw: map.keep !== 'summaries',
    summaryDraft: (subject, { summary: { concept, unit, window }, start, value, readings }) =>
      measurementDraft({ subject, concept, clock: start, isTimed: window === 'hour', value, unit, sourceValue: `of ${readings} readings` }),
  });
  const order = dayMonthOrder(map.time);
  const readRow = rowReader(file.index, csv.header.length, places, map, order);
  const numbering = rowNumbering();
  let others = 0;
  let isOfKind = false;
  const unitsOf = function* (rows: Iterable<CsvRow>): Generator<Unit> {
    for (const row of rows) {
      const read = readRow(row);
      if (read === null) {
        others += 1;
        continue;
      }
      // a row that could not be cut into cells says nothing of its kind
      isOfKind ||= !('findings' in read) || read.findings.some(({ field }) => field !== null);
      if ('findings' in read) yield read;
      else {
        numbering.see(read);
        yield* streams.take(read);
      }
    }
  };
  for await (const rows of csv.rows) yield unitsOf(rows);
  if (map.rows && others > 0 && !isOfKind)
    return yield {
      file: file.index,
      refused: 'not-this-format',
      detail: `no row has ${map.rows.values.join(' or ')} in the column ${map.rows.column}: all ${others} are of another kind`,
    };
  yield streams.end();
  const problem = order.problem();
  if (problem) yield { file: file.index, refused: 'not-this-format', detail: problem };
  if (streams.cameBack) yield { file: file.index, refused: 'too-large', detail: TOO_MANY_IN_TURN };
  if (numbering.isOne()) yield { file: file.index, refused: 'not-this-format', detail: 'the column of the subject numbers the rows: each reading would be of another subject' };
}

type Places = { subject: number | null; time: number; timeOfDay: number | null; glucose: number; unit: number | null; kind: number | null };

/** Where the columns are, or which of them is missing. A column of units may be. */
const placesOf = (
  header: readonly string[],
  { columns, rows }: CgmMap,
): Places | { missing: 'subject' | 'time' | 'time of day' | 'glucose' | 'kind of row'; names: readonly string[] } => {
  const placeOfAny = (names: readonly string[]): number => names.map((name) => placeOfColumn(header, name)).find((place) => place >= 0) ?? -1;
  const { subject, time, timeOfDay, glucose } = columns;
  const needed = { ...('is' in subject ? {} : { subject }), time, ...(timeOfDay ? { 'time of day': timeOfDay } : {}), glucose, ...(rows ? { 'kind of row': [rows.column] } : {}) };
  for (const [missing, names] of Object.entries(needed) as [keyof typeof needed, readonly string[]][]) if (placeOfAny(names) < 0) return { missing, names };
  const unit = placeOfAny(columns.unit ?? []);
  return {
    subject: 'is' in subject ? null : placeOfAny(subject),
    time: placeOfAny(time),
    timeOfDay: timeOfDay ? placeOfAny(timeOfDay) : null,
    glucose: placeOfAny(glucose),
    unit: unit < 0 ? null : unit,
    kind: rows ? placeOfColumn(header, rows.column) : null,
  };
};

/** Subjects whose unit is remembered. */
const MAX_REMEMBERED = 10_000;

type Read = StreamRow | Extract<Unit, { findings: unknown }>;

/** Null: the row is no reading, but of another kind. */
const rowReader = (file: number, width: number, places: Places, map: CgmMap, order: DayMonthOrder): ((row: CsvRow) => Read | null) => {
  const readTime = timeReader(map.time);
  const readGlucose = glucoseReader(map);
  const isNull = (cell: string): boolean => cell === '' || map.nullTokens.includes(cell);
  // numbers around 20 to 33 are possible in both units: they are read as their subject's last sure one was
  const isOtherUnit = new Map<string, boolean>();
  return ({ where, text, cells }) => {
    const left = (...findings: Finding[]): Read => ({ file, where, findings, text });
    if (cells === null) return left({ field: null, reason: 'malformed-row' });
    if (cells.length !== width) return left({ field: null, reason: 'wrong-column-count' });
    const cellOf = (place: number): string => cells[place]!.trim();
    if (places.kind !== null && !map.rows!.values.includes(cellOf(places.kind))) return null;
    const findings: Finding[] = [];
    const subject = 'is' in map.columns.subject ? map.columns.subject.is : cellOf(places.subject!);
    const against = reasonAgainstKey(subject, isNull);
    if (against) findings.push({ field: 'subject', reason: against });
    const parts = [places.time, ...(places.timeOfDay === null ? [] : [places.timeOfDay])].map(cellOf);
    const time = parts.some(isNull) ? ({ reason: 'missing-value' } as const) : readTime(parts.join(' '));
    order.see(parts.join(' '), !('reason' in time));
    if ('reason' in time) findings.push({ field: 'time', reason: time.reason });
    const said = places.unit === null || isNull(cellOf(places.unit)) ? map.unit : glucoseUnitOf(cellOf(places.unit));
    if (said === null) findings.push({ field: 'unit', reason: 'wrong-unit' });
    const glucose = isNull(cellOf(places.glucose)) ? ({ reason: 'missing-value' } as const) : readGlucose(cellOf(places.glucose), said ?? map.unit);
    const known = isOtherUnit.get(subject);
    if ('reason' in glucose) {
      if (said !== null) findings.push({ field: 'glucose', reason: glucose.reason });
      if (glucose.reason === 'wrong-unit') remember(isOtherUnit, subject, true);
    } else if (glucose.isSure) remember(isOtherUnit, subject, false);
    else if (glucose.operator === null && known === true) findings.push({ field: 'glucose', reason: 'wrong-unit' });
    if (findings.length > 0 || 'reason' in time || 'reason' in glucose || said === null) return left(...findings);
    return {
      where,
      text,
      subject,
      clock: time.clock,
      order: time.order,
      // ranges are of whole mg/dL: so 10.0 mmol/L, 180.2 mg/dL, lies within 3.9 to 10.0 as within 70 to 180
      readings: [{ series: 0, clock: time.clock, value: glucose.mgPerDl, ranged: Math.round(glucose.mgPerDl) }],
      drafts: map.keep === 'summaries' ? [] : [rawDraft(subject, time, glucose, cellOf(places.glucose), said)],
    };
  };
};

const remember = (known: Map<string, boolean>, subject: string, value: boolean): void => {
  if (known.size >= MAX_REMEMBERED) known.clear();
  known.set(subject, value);
};

const rawDraft = (subject: string, { clock, order }: RowTime, { mgPerDl, operator }: Glucose, text: string, unit: GlucoseUnit) =>
  measurementDraft({ subject, concept: 'cgm_glucose', clock, instant: order, isTimed: true, value: mgPerDl, unit: 'mg/dL', operator, sourceValue: text, sourceUnit: unit });
