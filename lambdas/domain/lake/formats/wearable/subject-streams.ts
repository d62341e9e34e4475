import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';
import type { Draft, Finding } from '../../reading.ts';
import { SeriesOrder } from './series-order.ts';
import { SeriesWindows, type Summary, type SummaryValue } from './windows.ts';

/** One value of a row; several of one row, as of a row per hour with a column per minute, lie apart by `clock`. */
export type SeriesReading = { series: number; clock: number; value: number /** as ranges see it */; ranged?: number };
export type StreamRow = { where: string; text: string; subject: string; clock: number; order: number; readings: readonly SeriesReading[]; drafts: readonly Draft[] };
export type StreamUnit = { where: string } & ({ drafts: Draft[] } | { findings: Finding[]; text: string });

export type StreamPolicy = {
  order: 'ascending' | 'descending' | 'any';
  /** by series: what is said of its windows, and the milliseconds between two readings */
  series: readonly { summaries: readonly Summary[]; interval: number }[];
  keepsRaw: boolean;
  summaryDraft: (subject: string, summarised: SummaryValue) => Draft;
};

/** Subjects whose windows are open at once; the one not seen for longest is closed first. */
const MAX_OPEN_SUBJECTS = 2000;
/** Times remembered for a table in any order, over all subjects. */
const MAX_TIMES = 2_000_000;

type Subject = { order: SeriesOrder<StreamRow>; windows: SeriesWindows[]; times: Set<number> };

/** Turns the rows of a file into units, subject by subject. What it holds does not grow with the file: one row and the open windows per open subject. */
export class SubjectStreams {
  readonly #policy: StreamPolicy;
  readonly #subjects = new Map<string, Subject>();
  #times = 0;

  constructor(policy: StreamPolicy) {
    this.#policy = policy;
  }

  *take(row: StreamRow): Generator<StreamUnit> {
    yield* this.#makeRoom(row.subject);
    const subject = this.#subjectOf(row.subject);
    if (this.#policy.order === 'any') {
      if (subject.times.has(row.order)) return yield leftOut(row, 'duplicate-record');
      subject.times.add(row.order);
      this.#times += 1;
      return yield this.#unitOf(row, subject, false);
    }
    const { kept, left } = subject.order.next(row);
    if (kept) yield this.#unitOf(kept, subject, false);
    if (left) yield leftOut(left.row, left.reason);
  }

  *end(): Generator<StreamUnit> {
    for (const key of [...this.#subjects.keys()]) yield* this.#close(key);
  }

  /** Last seen is last in the map. */
  #subjectOf(key: string): Subject {
    const { order, series } = this.#policy;
    const isAscending = order !== 'descending';
    const subject = this.#subjects.get(key) ?? {
      order: new SeriesOrder<StreamRow>(isAscending),
      windows: series.map(({ summaries, interval }) => new SeriesWindows(summaries, interval, isAscending)),
      times: new Set<number>(),
    };
    this.#subjects.delete(key);
    this.#subjects.set(key, subject);
    return subject;
  }

  *#makeRoom(coming: string): Generator<StreamUnit> {
    while (this.#subjects.size > 0 && ((this.#subjects.size >= MAX_OPEN_SUBJECTS && !this.#subjects.has(coming)) || this.#times >= MAX_TIMES)) {
      const [oldest] = this.#subjects.keys();
      yield* this.#close(oldest!);
    }
  }

  *#close(key: string): Generator<StreamUnit> {
    const subject = this.#subjects.get(key)!;
    this.#subjects.delete(key);
    this.#times -= subject.times.size;
    const last = subject.order.end();
    if (last) yield this.#unitOf(last, subject, true);
  }

  /** A row with what it says itself, and what is said of the windows that it closes. */
  #unitOf(row: StreamRow, { windows }: Subject, isLast: boolean): StreamUnit {
    const closed = row.readings.flatMap(({ series, clock, value, ranged }) => windows[series]!.add(clock, value, ranged));
    if (isLast) for (const each of windows) closed.push(...each.end());
    return { where: row.where, drafts: [...(this.#policy.keepsRaw ? row.drafts : []), ...closed.map((summarised) => this.#policy.summaryDraft(row.subject, summarised))] };
  }
}

const leftOut = ({ where, text }: StreamRow, reason: Reason): StreamUnit => ({ where, findings: [{ field: null, reason }], text });
