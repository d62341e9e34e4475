import { DATE_TIME, type Json } from './elements.ts';
import type { HistoryVersion } from './entries.ts';
import { fingerprint } from './references.ts';

/** When a version came to be (milliseconds), its number, where it stands, and what it says. */
type Version = { time: number | null; number: number | null; file: number; where: string; content: number };

/** By time, then number; by number alone; by its place in its bundle. */
type Standing = {
  bundle: string;
  first: Version;
  newest: Version;
  highest: Version;
  allTimed: boolean;
  allNumbered: boolean;
  alike: boolean;
  oneBundle: boolean;
  /** another says something else, and is as new, or as high */
  isTied: { time: boolean; number: boolean };
};

/**
 * Which version of a record is the newest that the histories of a set tell. A history comes in pages, and servers write it in either
 * order: its time (`meta.lastUpdated`, of a deletion `response.lastModified`) decides, else the number of its version. Without either in all
 * of a record's versions, FHIR's order within one bundle does, newest first, unless the bundle's times tell of another.
 */
export class Versions {
  readonly #records = new Map<number, Standing>();
  readonly #lastTimes = new Map<string, number>();
  readonly #notNewestFirst = new Set<string>();

  add(record: string, entry: { resource: Json; where: string }, history: HistoryVersion, file: number): void {
    const version = versionOf(entry, history.response, file);
    const bundle = `${file} ${history.bundle}`;
    if (version.time !== null) {
      if (version.time > (this.#lastTimes.get(bundle) ?? Infinity)) this.#notNewestFirst.add(bundle);
      this.#lastTimes.set(bundle, version.time);
    }
    const known = this.#records.get(fingerprint(record));
    if (known) join(known, version, bundle);
    else this.#records.set(fingerprint(record), alone(version, bundle));
  }

  /** `unknown`: the record's versions differ, and nothing tells which is the newest. */
  standing(record: string, where: string, file: number): 'newest' | 'older' | 'unknown' {
    const known = this.#records.get(fingerprint(record));
    const newest = known && this.#newestOf(known);
    return !newest ? 'unknown' : newest.where === where && newest.file === file ? 'newest' : 'older';
  }

  #newestOf({ first, newest, highest, allTimed, allNumbered, alike, oneBundle, isTied, bundle }: Standing): Version | null {
    if (alike) return first;
    if (allTimed && !isTied.time) return newest;
    if (allNumbered && !isTied.number) return highest;
    return oneBundle && !this.#notNewestFirst.has(bundle) ? first : null;
  }
}

const versionOf = ({ resource, where }: { resource: Json; where: string }, { lastModified, etag }: Json, file: number): Version => {
  const { lastUpdated, versionId } = (resource['meta'] ?? {}) as Json;
  const number = /^(?:W\/)?"?(\d{1,15})"?$/.exec(String(versionId ?? etag))?.[1];
  return { time: timeOf(lastUpdated ?? lastModified), number: number === undefined ? null : Number(number), file, where, content: fingerprint(JSON.stringify(resource)) };
};

const timeOf = (said: unknown): number | null => {
  const time = typeof said === 'string' && DATE_TIME.test(said) && said.includes('T') ? Date.parse(said) : Number.NaN;
  return Number.isNaN(time) ? null : time;
};

const alone = (version: Version, bundle: string): Standing => ({
  ...{ bundle, first: version, newest: version, highest: version, alike: true, oneBundle: true },
  ...{ allTimed: version.time !== null, allNumbered: version.number !== null, isTied: { time: false, number: false } },
});

const join = (known: Standing, version: Version, bundle: string): void => {
  known.oneBundle &&= bundle === known.bundle;
  known.alike &&= version.content === known.first.content;
  known.allTimed &&= version.time !== null;
  known.allNumbered &&= version.number !== null;
  const { newest, highest, isTied } = known;
  const later = (version.time ?? 0) - (newest.time ?? 0);
  const higher = (version.number ?? 0) - (highest.number ?? 0);
  const next = version.number !== null && newest.number !== null ? version.number - newest.number : 0;
  if (later > 0 || (later === 0 && next > 0)) known.newest = version;
  if (higher > 0) known.highest = version;
  if (later > 0) isTied.time = false;
  else if (later === 0 && next === 0 && version.content !== newest.content) isTied.time = true;
  if (higher > 0) isTied.number = false;
  else if (higher === 0 && version.content !== highest.content) isTied.number = true;
};
