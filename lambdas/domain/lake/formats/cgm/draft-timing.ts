import { type RowTime, timeReader } from '../wearable/read-time.ts';

const MINUTE = 60_000;
/** Readings of a monitor lie this far apart; laboratory values of glucose do not. */
const GAPS = [0.5 * MINUTE, 30 * MINUTE] as const;
const INTERVALS_MINUTES = [1, 3, 5, 10, 15];

const DAYS = ['YYYY-MM-DD', 'YYYY/MM/DD', 'M/D/YYYY', 'D/M/YYYY', 'D.M.YYYY', 'DD-MM-YYYY', 'MM-DD-YYYY', 'D.M.YY', 'M/D/YY'];
const HOURS = ['H:mm', 'H:mm:ss', 'h:mm A', 'h:mm:ss A'];
const FORMATS = ['posix-seconds', 'posix-milliseconds', 'iso8601', ...DAYS.flatMap((day) => HOURS.map((hour) => `${day} ${hour}`))];
/** No monitor is older; in the wrong unit a POSIX time lies beyond. */
const [OLDEST, NEWEST] = [Date.UTC(1995, 0, 1), Date.UTC(2100, 0, 1)];

const OFFSET = /[+-]\d\d:?\d\d$/;

export type Timing = { formats: string[]; zone: 'none' | 'offset' | 'instant'; interval: number };

/** The formats in which all times can be read, those with the most steps of a monitor first; null where no format makes it one. */
export const timingOf = (rows: readonly { subject: string; text: string }[]): Timing | null => {
  const tried = FORMATS.flatMap((format) => {
    const read = timeReader({ formats: [format], zoneless: 'local' });
    const readings = rows.map(({ subject, text }) => ({ subject, time: read(text) }));
    if (!readings.every(({ time }) => !('reason' in time) && time.hasHour && time.order >= OLDEST && time.order < NEWEST)) return [];
    const gaps = gapsOf(readings as { subject: string; time: RowTime }[]);
    return [{ format, gaps }];
  }).sort((a, b) => b.gaps.length - a.gaps.length);
  const [best] = tried;
  if (!best || best.gaps.length * 2 < rows.length - 1) return null;
  const minutes = best.gaps.sort((a, b) => a - b)[Math.floor(best.gaps.length / 2)]! / MINUTE;
  const isInstant = !rows.some(({ text }) => 'reason' in timeReader({ formats: [best.format], zoneless: 'refused' })(text));
  return {
    formats: tried.filter(({ gaps }) => gaps.length === best.gaps.length).map(({ format }) => format),
    zone: !isInstant ? 'none' : rows.every(({ text }) => OFFSET.test(text)) ? 'offset' : 'instant',
    interval: INTERVALS_MINUTES.reduce((nearest, each) => (Math.abs(each - minutes) < Math.abs(nearest - minutes) ? each : nearest)),
  };
};

/** Between rows of a subject that follow one another, where they are a monitor's. */
const gapsOf = (readings: readonly { subject: string; time: RowTime }[]): number[] =>
  readings.slice(1).flatMap(({ subject, time }, at) => {
    const gap = Math.abs(time.order - readings[at]!.time.order);
    return subject === readings[at]!.subject && gap >= GAPS[0] && gap <= GAPS[1] ? [gap] : [];
  });
