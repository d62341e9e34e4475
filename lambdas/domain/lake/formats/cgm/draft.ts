import cgm from '../../../../../config/sources/cgm.json' with { type: 'json' };
import { csvCells, delimiterOf } from '../../csv-records.ts';
import { KEY_TO_BE_WRITTEN } from '../../map-base.ts';
import { timingOf } from './draft-timing.ts';
import { glucoseReader } from './read-glucose.ts';

const HEADERS_TRIED = 10;
const LEAST_READINGS = 5;
/** More values than this are no kinds of row. */
const MOST_KINDS = 12;
/** Glucose in blood or tissue does not reach 35 mmol/L in a median, nor fall to 35 mg/dL. */
const BETWEEN_UNITS = 35;

const GLUCOSE = /gl[uy][ck]|^(gl|bgl?|sgv|cgm)$|mg\/dl|mmol\/l/i;
const MONITOR = /cgm|sensor|histor/i;
const OTHER_GLUCOSE = /scan|strip|rate|trend|target|calibration|insulin|keton|cholest|lipid/i;
const TIME = /time|date|stamp|zeit|datum|fecha|hor[ao]/i;
const SUBJECT = /^(usubjid|(id|subject|patient|participant|person|user|pt)([ _-]?(id|key|no|number))?)$/i;
const KIND = /typ|tipo|event|kind/i;
const UNIT = /^units?$/i;

const ZONES = {
  none: 'times say no zone: they are taken as the patient’s clock',
  offset: 'times say their zone: days are counted by it',
  instant: 'times are instants: "clock" is the zone by which days are counted',
};

type Table = { header: string[]; rows: string[][] };

/**
 * A draft of a map for a glucose monitor's file, from its first lines; null where they are not of one. It keeps nothing of the sample but
 * names of columns, formats and the words for its kinds of row.
 */
export const draftCgmMap = (name: string, lines: readonly string[], encoding = 'utf-8'): { map: unknown; notes: string[] } | null => {
  for (let at = 0; at < Math.min(HEADERS_TRIED, lines.length); at++) {
    const draft = draftOf(name, tableAt(lines, at));
    if (draft) return { ...draft, map: { ...draft.map, ...(encoding === 'utf-8' ? {} : { encoding }) } };
  }
  return null;
};

const tableAt = (lines: readonly string[], at: number): Table => {
  const delimiter = delimiterOf(lines[at]!);
  const cellsOf = (line: string): string[] => csvCells(line, delimiter)?.map((cell) => cell.replace(/^\uFEFF/, '').trim()) ?? [];
  const header = cellsOf(lines[at]!);
  return { header, rows: lines.slice(at + 1).flatMap((line) => (cellsOf(line).length === header.length ? [cellsOf(line)] : [])) };
};

const draftOf = (name: string, table: Table): { map: object; notes: string[] } | null => {
  const { header, rows } = table;
  const readGlucose = glucoseReader({ device: cgm.device, possible: cgm.possible as [number, number] });
  const isGlucose = (cell: string): boolean => !('reason' in readGlucose(cell, 'mg/dL')) || !('reason' in readGlucose(cell, 'mmol/L'));
  const places = header.map((_, place) => place);
  const counted = (of: (cell: string) => boolean) => (place: number) => ({ place, count: rows.filter((cells) => of(cells[place]!)).length });
  const [glucose] = places
    .filter((place) => GLUCOSE.test(header[place]!) && !OTHER_GLUCOSE.test(header[place]!))
    .map(counted(isGlucose))
    .sort((a, b) => b.count - a.count || Number(MONITOR.test(header[b.place]!)) - Number(MONITOR.test(header[a.place]!)));
  if (!glucose || glucose.count < LEAST_READINGS) return null;
  const withGlucose = rows.filter((cells) => cells[glucose.place] !== '');
  const subject = places.find(
    (place) =>
      SUBJECT.test(header[place]!) && new Set(withGlucose.map((cells) => cells[place])).size * 2 <= withGlucose.length && withGlucose.every((cells) => cells[place] !== ''),
  );
  const timePlaces = places.filter((place) => TIME.test(header[place]!));
  const pairs = timePlaces.flatMap((date) => timePlaces.filter((hour) => hour !== date).map((hour) => [date, hour]));
  const times = [...timePlaces.map((place) => [place]), ...pairs].flatMap((of) => {
    const readings = withGlucose.filter((cells) => of.every((place) => cells[place] !== '') && isGlucose(cells[glucose.place]!));
    const rowsOf = readings.map((cells) => ({ subject: cells[subject ?? -1] ?? '', text: of.map((place) => cells[place]).join(' ') }));
    const timing = readings.length < LEAST_READINGS ? null : timingOf(rowsOf);
    return timing ? [{ of, readings, timing }] : [];
  });
  const [time] = times.sort((a, b) => b.readings.length - a.readings.length || a.of.length - b.of.length);
  if (!time) return null;
  const kind = kindOf(table, time.readings);
  const unitColumn = places.find((place) => UNIT.test(header[place]!));
  const unit = unitOf(
    header[glucose.place]!,
    time.readings.map((cells) => Number(cells[glucose.place]!.replace(',', '.'))),
  );
  const { formats, zone, interval } = time.timing;
  const [date, timeOfDay] = time.of;
  const map = {
    ...cgm,
    name,
    title: `${name}: one sentence of what the file is`,
    version: '1',
    citation: 'where the file comes from; the device’s limits',
    namespace: name,
    columns: {
      subject: subject === undefined ? { is: KEY_TO_BE_WRITTEN } : [header[subject]!],
      time: [header[date!]!],
      ...(timeOfDay === undefined ? {} : { timeOfDay: [header[timeOfDay]!] }),
      glucose: [header[glucose.place]!],
      ...(unitColumn === undefined ? {} : { unit: [header[unitColumn]!] }),
    },
    ...(kind ? { rows: kind } : {}),
    time: { formats: formats.slice(0, 1), zoneless: zone === 'none' ? 'local' : 'refused', ...(zone === 'instant' ? { clock: 'UTC' } : {}) },
    unit,
    device: { ...cgm.device, intervalMinutes: interval },
  };
  const { low, high } = cgm.device;
  const notes = [
    'a glucose monitor’s file: a map of format cgm',
    subject === undefined ? 'no column says whose it is: write the key of the one patient of all rows at columns › subject › is' : `the patient’s key: ${header[subject]}`,
    `rows are dated by ${time.of.map((place) => header[place]).join(' and ')}, ${formats[0]}${formats.length > 1 ? `; the sample could as well be ${formats.slice(1).join(' or ')}` : ''}`,
    ZONES[zone],
    `${header[glucose.place]}: ${unit}, a reading every ${interval} min; beyond ${low.value} to ${high.value} mg/dL the device says ${[...low.words, ...high.words].join(', ')}: correct it`,
    ...(kind ? [`readings are the rows with ${kind.values.join(', ')} as ${kind.column}; others are passed over`] : []),
  ];
  return { map, notes };
};

/** A column that says by one word which rows are readings, where others are there. Columns of other names could hold a device's or a person's word. */
const kindOf = ({ header, rows }: Table, readings: readonly string[][]): { column: string; values: string[] } | null => {
  const isReading = new Set(readings);
  const others = rows.filter((cells) => !isReading.has(cells));
  if (others.length === 0) return null;
  for (const [place, column] of header.entries()) {
    const words = new Set(readings.map((cells) => cells[place]!));
    const kinds = new Set(rows.map((cells) => cells[place]!));
    const [word] = words;
    const tells = words.size === 1 && word !== '' && kinds.size <= MOST_KINDS && others.every((cells) => cells[place] !== word);
    if (KIND.test(column) && tells) return { column, values: [word!] };
  }
  return null;
};

const unitOf = (column: string, values: readonly number[]): 'mg/dL' | 'mmol/L' => {
  if (/mmol/i.test(column)) return 'mmol/L';
  if (/mg/i.test(column)) return 'mg/dL';
  const known = values.filter(Number.isFinite).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)]! < BETWEEN_UNITS ? 'mmol/L' : 'mg/dL';
};
