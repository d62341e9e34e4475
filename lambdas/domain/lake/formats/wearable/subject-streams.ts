import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';
import type { Draft, Finding } from '../../reading.ts';
import { KeySet } from '../../key-set.ts';
import { SeriesOrder } from './series-order.ts';
import { SeriesWindows, type Summary, type SummaryValue } from './windows.ts';

/** One value of a row; several of one row, as of a row per hour with a column per minute, lie apart by `clock`. */
export type SeriesReading = { series: number; clock: number; value: number /** as ranges see it */; ranged?: number };
export type StreamRow = { where: string; text: string; subject: string; clock: number; order: number; readings: readonly SeriesReading[]; drafts: readonly Draft[] };
export type StreamUnit = { where: string } & ({ drafts: Draft[] } | { findings: Finding[]; text: string });

export type StreamPolicy = {
  order: 'ascending' | 'descending' | 'either' | 'any';
  /** by series: what is said of its windows, and the milliseconds between two readings */
  series: readonly { summaries: readonly Summary[]; interval: number }[];
  keepsRaw: boolean;
  summaryDraft: (subject: string, summarised: SummaryValue) => Draft;
};

/** Subjects whose windows are open at once; the one not seen for longest is closed first. */
const MAX_OPEN_SUBJECTS = 10_000;
/** Why a file is refused of which a subject came back whose windows were closed: what was said of them is not whole. */
export const TOO_MANY_IN_TURN = `rows of more than ${MAX_OPEN_SUBJECTS} subjects alternate: sort them by subject`;
/** Times remembered for a table in any order, over all subjects. */
const MAX_TIMES = 2_000_000;

/** So many of a subject's rows are looked at at most to see which way its times go; fewer, where it is plain. */
const ROWS_OF_DIRECTION = 16;
const PLAIN_STEPS = 4;
/** So many steps say it of a subject by themselves; of fewer, those of all subjects do. */
const STEPS_OF_ITS_OWN = 2;
/** Times that go back so much more often than on are of a table with the newest first, and of no clock that was set back. */
const BACK_PER_ON = 4;

/** How often times go on, and back. */
type Steps = { on: number; back: number };

type Series = { order: SeriesOrder<StreamRow>; windows: SeriesWindows[] };
/** `first`: the rows that wait until it is known which way the subject's times go, and so how its series is read. */
type Subject = { series: Series | null; first: StreamRow[]; steps: Steps; times: Set<number> };

/** Turns the rows of a file into units, subject by subject. What it holds does not grow with the file: one row and the open windows per open subject. */
export class SubjectStreams {
  readonly #policy: StreamPolicy;
  readonly #subjects = new Map<string, Subject>();
  readonly #closed = new KeySet();
  /** of all subjects' first rows */
  readonly #steps: Steps = { on: 0, back: 0 };
  #times = 0;
  /** A subject came back whose windows were closed to make room. */
  cameBack = false;

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
      return yield this.#unitOf(row, [], false);
    }
    if (subject.series) return yield* this.#inOrder(row, subject.series);
    const step = row.order - (subject.first.at(-1)?.order ?? row.order);
    for (const steps of [subject.steps, this.#steps]) {
      if (step > 0) steps.on += 1;
      if (step < 0) steps.back += 1;
    }
    subject.first.push(row);
    const { on, back } = subject.steps;
    if (on >= PLAIN_STEPS || (back >= PLAIN_STEPS && on === 0) || subject.first.length === ROWS_OF_DIRECTION) yield* this.#begin(subject);
  }

  *end(): Generator<StreamUnit> {
    for (const key of [...this.#subjects.keys()]) yield* this.#close(key);
  }

  /** Last seen is last in the map. */
  #subjectOf(key: string): Subject {
    const { order } = this.#policy;
    this.cameBack ||= order !== 'any' && this.#closed.size > 0 && !this.#subjects.has(key) && this.#closed.has(key);
    const subject = this.#subjects.get(key) ?? {
      series: order === 'either' || order === 'any' ? null : this.#series(order === 'ascending'),
      first: [],
      steps: { on: 0, back: 0 },
      times: new Set<number>(),
    };
    this.#subjects.delete(key);
    this.#subjects.set(key, subject);
    return subject;
  }

  #series(isAscending: boolean): Series {
    return {
      order: new SeriesOrder<StreamRow>(isAscending),
      windows: this.#policy.series.map(({ summaries, interval }) => new SeriesWindows(summaries, interval, isAscending)),
    };
  }

  /** The first rows say which way the times go: one out of place does not turn the others. */
  *#begin(subject: Subject): Generator<StreamUnit> {
    const { first, steps } = subject;
    subject.series = this.#series(isAscending(steps, STEPS_OF_ITS_OWN) ?? isAscending(this.#steps, 1) ?? true);
    subject.first = [];
    for (const row of first) yield* this.#inOrder(row, subject.series);
  }

  *#inOrder(row: StreamRow, { order, windows }: Series): Generator<StreamUnit> {
    const { kept, left } = order.next(row);
    if (kept) yield this.#unitOf(kept, windows, false);
    if (left) yield leftOut(left.row, left.reason);
  }

  *#makeRoom(coming: string): Generator<StreamUnit> {
    while (this.#subjects.size > 0 && ((this.#subjects.size >= MAX_OPEN_SUBJECTS && !this.#subjects.has(coming)) || this.#times >= MAX_TIMES)) {
      const [oldest] = this.#subjects.keys();
      this.#closed.add(oldest!);
      yield* this.#close(oldest!);
    }
  }

  *#close(key: string): Generator<StreamUnit> {
    const subject = this.#subjects.get(key)!;
    this.#subjects.delete(key);
    this.#times -= subject.times.size;
    if (subject.first.length > 0) yield* this.#begin(subject);
    if (!subject.series) return;
    const last = subject.series.order.end();
    if (last) yield this.#unitOf(last, subject.series.windows, true);
  }

  /** A row with what it says itself, and what is said of the windows that it closes. */
  #unitOf(row: StreamRow, windows: readonly SeriesWindows[], isLast: boolean): StreamUnit {
    const closed = windows.length === 0 ? [] : row.readings.flatMap(({ series, clock, value, ranged }) => windows[series]!.add(clock, value, ranged));
    if (isLast) for (const each of windows) closed.push(...each.end());
    return { where: row.where, drafts: [...(this.#policy.keepsRaw ? row.drafts : []), ...closed.map((summarised) => this.#policy.summaryDraft(row.subject, summarised))] };
  }
}

/** Null: the steps do not say. */
const isAscending = ({ on, back }: Steps, least: number): boolean | null => (back >= least && back >= BACK_PER_ON * on ? false : on >= least && on > back ? true : null);

const leftOut = ({ where, text }: StreamRow, reason: Reason): StreamUnit => ({ where, findings: [{ field: null, reason }], text });
