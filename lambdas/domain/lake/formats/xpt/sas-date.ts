/** What a numeric variable counts, by the format it is displayed with. */
export type SasTemporal = 'date' | 'datetime' | 'time';

/**
 * SAS 9.4 Formats and Informats: Reference, "Formats by category", Date and time; ISO 8601. Width and decimals do not change what is counted. TOD is none of
 * them: it shows the time of a time or of a datetime, and the value does not say which.
 */
const FORMATS: Readonly<Record<SasTemporal, readonly string[]>> = {
  date: [
    ...['DATE', 'DAY', 'DDMMYY', 'DDMMYYB', 'DDMMYYC', 'DDMMYYD', 'DDMMYYN', 'DDMMYYP', 'DDMMYYS', 'DOWNAME', 'JULDAY', 'JULIAN', 'MMDDYY', 'MMDDYYB', 'MMDDYYC'],
    ...['MMDDYYD', 'MMDDYYN', 'MMDDYYP', 'MMDDYYS', 'MMYY', 'MMYYC', 'MMYYD', 'MMYYN', 'MMYYP', 'MMYYS', 'MONNAME', 'MONTH', 'MONYY', 'NLDATE', 'PDJULG', 'PDJULI'],
    ...['QTR', 'QTRR', 'WEEKDATE', 'WEEKDATX', 'WEEKDAY', 'WEEKU', 'WEEKV', 'WEEKW', 'WORDDATE', 'WORDDATX', 'YEAR', 'YYMM', 'YYMMC', 'YYMMD', 'YYMMN', 'YYMMP', 'YYMMS'],
    ...['YYMMDD', 'YYMMDDB', 'YYMMDDC', 'YYMMDDD', 'YYMMDDN', 'YYMMDDP', 'YYMMDDS', 'YYMON', 'YYQ', 'YYQC', 'YYQD', 'YYQN', 'YYQP', 'YYQS', 'YYQR', 'B8601DA', 'E8601DA'],
    'IS8601DA',
  ],
  datetime: [
    ...['DATETIME', 'DATEAMPM', 'DTDATE', 'DTMONYY', 'DTWKDATX', 'DTYEAR', 'DTYYQC', 'MDYAMPM', 'NLDATM', 'B8601DN', 'B8601DT', 'B8601DX', 'B8601DZ', 'B8601LX'],
    ...['E8601DN', 'E8601DT', 'E8601DX', 'E8601DZ', 'E8601LX', 'IS8601DN', 'IS8601DT', 'IS8601DZ'],
  ],
  time: ['TIME', 'TIMEAMPM', 'HHMM', 'HOUR', 'MMSS', 'NLTIME', 'NLTIMAP', 'B8601TM', 'B8601TX', 'B8601TZ', 'E8601TM', 'E8601TX', 'E8601TZ', 'IS8601TM', 'IS8601TZ'],
};

const TEMPORAL = new Map(Object.entries(FORMATS).flatMap(([kind, names]) => names.map((name) => [name, kind as SasTemporal] as const)));

export const sasTemporal = (format: string): SasTemporal | null => TEMPORAL.get(format.toUpperCase()) ?? null;

const DAY_SECONDS = 86_400;
/** 1 January 1960, day 0 of SAS, in seconds of the Unix epoch. */
const SAS_EPOCH_SECONDS = Date.UTC(1960, 0, 1) / 1000;
/** SAS dates begin with the Gregorian calendar; ISO 8601 has four digits for a year. */
const FIRST_SECONDS = Date.UTC(1582, 0, 1) / 1000;
const END_SECONDS = Date.UTC(10_000, 0, 1) / 1000;

/**
 * Days since 1 January 1960, seconds since its midnight, or seconds since midnight, as ISO 8601; fractions of a second are cut off.
 * Null: no such day or time.
 */
export const sasIso = (kind: SasTemporal, value: number): string | null => {
  if (kind === 'time') return value >= 0 && value < DAY_SECONDS ? new Date(Math.floor(value) * 1000).toISOString().slice(11, 19) : null;
  const seconds = SAS_EPOCH_SECONDS + (kind === 'date' ? Math.floor(value) * DAY_SECONDS : Math.floor(value));
  if (!(seconds >= FIRST_SECONDS && seconds < END_SECONDS)) return null;
  return new Date(seconds * 1000).toISOString().slice(0, kind === 'date' ? 10 : 19);
};
