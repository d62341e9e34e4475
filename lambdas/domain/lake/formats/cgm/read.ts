import type { Finding, Reader, Refusal, SetFile, Unit } from '../../reading.ts';
import { type CsvRow, openCsv } from '../wearable/csv-rows.ts';
import { measurementDraft } from '../wearable/measurement-draft.ts';
import { timeReader } from '../wearable/read-time.ts';
import { type StreamRow, SubjectStreams } from '../wearable/subject-streams.ts';
import type { CgmMap } from './map.ts';
import { type Glucose, type GlucoseUnit, glucoseReader, glucoseUnitOf } from './read-glucose.ts';

/** Reads the tables of continuous glucose monitors: a row is a reading and a record. */
export const readCgm: Reader<CgmMap> = async function* (files, map) {
  for (const file of files) yield* readFile(file, map);
};

async function* readFile(file: SetFile, map: CgmMap): AsyncGenerator<Unit | Refusal> {
  const csv = await openCsv(file.open());
  if (!csv) return yield { file: file.index, refused: 'not-this-format', detail: 'the file does not begin with the names of its columns' };
  const places = placesOf(csv.header, map);
  if ('missing' in places) {
    return yield { file: file.index, refused: 'not-this-format', detail: `the file has no column of the ${places.missing}: one of ${map.columns[places.missing].join(', ')}` };
  }
  const streams = new SubjectStreams({
    order: map.order,
    series: [{ summaries: map.summaries, interval: map.device.intervalMinutes * 60_000 }],
    keepsRaw: map.keep !== 'summaries',
    summaryDraft: (subject, { summary: { concept, unit, window }, start, value, readings }) =>
      measurementDraft({ subject, concept, clock: start, isTimed: window === 'hour', value, unit, sourceValue: `of ${readings} readings` }),
  });
  const readRow = rowReader(csv.header.length, places, map);
  for await (const row of csv.rows) {
    const read = readRow(row);
    if ('findings' in read) yield { file: file.index, ...read };
    else for (const unit of streams.take(read)) yield { file: file.index, ...unit };
  }
  for (const unit of streams.end()) yield { file: file.index, ...unit };
}

type Places = { subject: number; time: number; glucose: number; unit: number | null };

/** Where the columns are, or which of them is missing. A column of units may be. */
const placesOf = (header: readonly string[], { columns }: CgmMap): Places | { missing: 'subject' | 'time' | 'glucose' } => {
  const placeOf = (names: readonly string[]): number => {
    const name = names.find((each) => header.includes(each));
    return name === undefined ? -1 : header.indexOf(name);
  };
  const places = { subject: placeOf(columns.subject), time: placeOf(columns.time), glucose: placeOf(columns.glucose) };
  const unit = placeOf(columns.unit ?? []);
  const missing = (['subject', 'time', 'glucose'] as const).find((name) => places[name] < 0);
  return missing ? { missing } : { ...places, unit: unit < 0 ? null : unit };
};

/** Subjects whose unit is remembered. */
const MAX_REMEMBERED = 10_000;

type Read = StreamRow | { where: string; findings: Finding[]; text: string };

const rowReader = (width: number, places: Places, map: CgmMap): ((row: CsvRow) => Read) => {
  const readTime = timeReader(map.time);
  const readGlucose = glucoseReader(map);
  const isNull = (cell: string): boolean => cell === '' || map.nullTokens.includes(cell);
  // numbers around 20 to 33 are possible in both units: they are read as their subject's last sure one was
  const isOtherUnit = new Map<string, boolean>();
  return ({ where, text, cells }) => {
    const left = (...findings: Finding[]): Read => ({ where, findings, text });
    if (cells === null) return left({ field: null, reason: 'malformed-row' });
    if (cells.length !== width) return left({ field: null, reason: 'wrong-column-count' });
    const cellOf = (place: number): string => cells[place]!.trim();
    const findings: Finding[] = [];
    const subject = cellOf(places.subject);
    if (isNull(subject)) findings.push({ field: 'subject', reason: 'missing-key' });
    const time = isNull(cellOf(places.time)) ? ({ reason: 'missing-value' } as const) : readTime(cellOf(places.time));
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
      ...time,
      // ranges are of whole mg/dL: so 10.0 mmol/L, 180.2 mg/dL, lies within 3.9 to 10.0 as within 70 to 180
      readings: [{ series: 0, clock: time.clock, value: glucose.mgPerDl, ranged: Math.round(glucose.mgPerDl) }],
      drafts: map.keep === 'summaries' ? [] : [rawDraft(subject, time.clock, glucose, cellOf(places.glucose), said)],
    };
  };
};

const remember = (known: Map<string, boolean>, subject: string, value: boolean): void => {
  if (known.size >= MAX_REMEMBERED) known.clear();
  known.set(subject, value);
};

const rawDraft = (subject: string, clock: number, { mgPerDl, operator }: Glucose, text: string, unit: GlucoseUnit) =>
  measurementDraft({ subject, concept: 'cgm_glucose', clock, isTimed: true, value: mgPerDl, unit: 'mg/dL', operator, sourceValue: text, sourceUnit: unit });
