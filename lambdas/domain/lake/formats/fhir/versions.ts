import { DATE_TIME, type Json } from './elements.ts';
import type { HistoryVersion } from './entries.ts';
import { fingerprint } from './references.ts';

/** A history bundle. `lastTime`: milliseconds, of its version before. */
type History = { file: number; lastTime: number; isNewestFirst: boolean };

/** When a version came to be (milliseconds), its number, where it stands, and what it says. */
type Version = { time: number | null; number: number | null; history: History; where: string; content: number };

/** The versions of a record that is told several times: the newest by time, then number; the highest by number alone; the first by place. */
type Several = {
  first: Version;
  newest: Version;
  highest: Version;
  allTimed: boolean;
  allNumbered: boolean;
  alike: boolean;
  oneHistory: boolean;
  /** another version says something else, and is as new as `newest`, or as high as `highest` */
  isNewestTied: boolean;
  isHighestTied: boolean;
};

/**
 * Which version of a record is the newest that the histories of a set tell. A history comes in pages, and servers write it in either
 * order: its time (`meta.lastUpdated`, of a deletion `response.lastModified`) decides, else the number of its version. Without either in all
 * of a record's versions, FHIR's order within one bundle does, newest first, unless the bundle's times tell of another.
 */
export class Versions {
  readonly #records = new Map<number, Version | Several>();
  readonly #histories = new Map<string, History>();

  add(record: string, entry: { resource: Json; where: string }, { bundle, response }: HistoryVersion, file: number): void {
    const history = this.#histories.get(`${file} ${bundle}`) ?? { file, lastTime: Infinity, isNewestFirst: true };
    this.#histories.set(`${file} ${bundle}`, history);
    const version = versionOf(entry, response, history);
    if (version.time !== null) {
      history.isNewestFirst &&= version.time <= history.lastTime;
      history.lastTime = version.time;
    }
    const key = fingerprint(record);
    const known = this.#records.get(key);
    if (!known) this.#records.set(key, version);
    else if ('newest' in known) join(known, version);
    else this.#records.set(key, join(alone(known), version));
  }

  /** `unknown`: the record's versions differ, and nothing tells which is the newest. */
  standing(record: string, where: string, file: number): 'newest' | 'older' | 'unknown' {
    const known = this.#records.get(fingerprint(record));
    const newest = known && 'newest' in known ? newestOf(known) : known;
    return !newest ? 'unknown' : newest.where === where && newest.history.file === file ? 'newest' : 'older';
  }
}

const newestOf = ({ first, newest, highest, allTimed, allNumbered, alike, oneHistory, isNewestTied, isHighestTied }: Several): Version | null => {
  if (alike) return first;
  if (allTimed && !isNewestTied) return newest;
  if (allNumbered && !isHighestTied) return highest;
  return oneHistory && first.history.isNewestFirst ? first : null;
};

const versionOf = ({ resource, where }: { resource: Json; where: string }, { lastModified, etag }: Json, history: History): Version => {
  const { lastUpdated, versionId } = (resource['meta'] ?? {}) as Json;
  const said = versionId ?? etag;
  const number = typeof said === 'string' ? /^(?:W\/)?"?(\d{1,15})"?$/.exec(said)?.[1] : undefined;
  return { time: timeOf(lastUpdated ?? lastModified), number: number === undefined ? null : Number(number), history, where, content: fingerprint(JSON.stringify(resource)) };
};

const timeOf = (said: unknown): number | null => {
  const time = typeof said === 'string' && DATE_TIME.test(said) && said.includes('T') ? Date.parse(said) : Number.NaN;
  return Number.isNaN(time) ? null : time;
};

const alone = (version: Version): Several => ({
  ...{ first: version, newest: version, highest: version, alike: true, oneHistory: true, isNewestTied: false, isHighestTied: false },
  ...{ allTimed: version.time !== null, allNumbered: version.number !== null },
});

const join = (known: Several, version: Version): Several => {
  const { first, newest, highest } = known;
  known.oneHistory &&= version.history === first.history;
  known.alike &&= version.content === first.content;
  known.allTimed &&= version.time !== null;
  known.allNumbered &&= version.number !== null;
  const later = (version.time ?? 0) - (newest.time ?? 0);
  const higher = (version.number ?? 0) - (highest.number ?? 0);
  // of one moment: a tie with one that has no number stays one
  const next = version.number === null || newest.number === null ? 0 : version.number - newest.number;
  if (later > 0) known.isNewestTied = false;
  else if (later === 0 && next === 0) known.isNewestTied ||= version.content !== newest.content;
  if (later > 0 || (later === 0 && next > 0)) known.newest = version;
  if (higher > 0) known.isHighestTied = false;
  else if (higher === 0) known.isHighestTied ||= version.content !== highest.content;
  if (higher > 0) known.highest = version;
  return known;
};
