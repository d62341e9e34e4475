import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';
import type { Draft, Unit } from '../../reading.ts';
import { KeySet } from '../../key-set.ts';
import { SeriesOrder } from './series-order.ts';
import { SeriesWindows, type Summary, type SummaryValue } from './windows.ts';

/** One value of a row; several of one row, as of a row per hour with a column per minute, lie apart by `clock`. */
export type SeriesReading = { series: number; clock: number; value: number /** as ranges see it */; ranged?: number };
export type StreamRow = { where: string; text: string; subject: string; clock: number; order: number; readings: readonly SeriesReading[]; drafts: readonly Draft[] };

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
  readonly #file: number;
  readonly #policy: StreamPolicy;
  readonly #subjects = new Map<string, Subject>();
  readonly #closed = new KeySet();
  /** of all subjects' first rows */
  readonly #steps: Steps = { on: 0, back: 0 };
  #times = 0;
  /** The subject seen last, which is last in the map. */
  #last: { key: string; subject: Subject } | null = null;
  /** A subject came back whose windows were closed to make room. */
  cameBack = false;

  constructor(file: number, policy: StreamPolicy) {
    this.#file = file;
    this.#policy = policy;
  }

  take(row: StreamRow): Unit[] {
    const units: Unit[] = [];
    this.#makeRoom(row.subject, units);
    const subject = this.#subjectOf(row.subject);
    if (this.#policy.order === 'any') {
      this.#times += subject.times.has(row.order) ? 0 : 1;
      units.push(subject.times.has(row.order) ? this.#leftOut(row, 'duplicate-record') : this.#unitOf(row, [], false));
      subject.times.add(row.order);
    } else if (subject.series) this.#inOrder(row, subject.series, units);
    else this.#wait(row, subject, units);
    return units;
  }

  *end(): Generator<Unit> {
    for (const key of [...this.#subjects.keys()]) {
      const units: Unit[] = [];
      this.#close(key, units);
      yield* units;
    }
  }

  #subjectOf(key: string): Subject {
    if (this.#last?.key === key) return this.#last.subject;
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
    this.#last = { key, subject };
    return subject;
  }

  #series(isAscending: boolean): Series {
    return {
      order: new SeriesOrder<StreamRow>(isAscending),
      windows: this.#policy.series.map(({ summaries, interval }) => new SeriesWindows(summaries, interval, isAscending)),
    };
  }

  #wait(row: StreamRow, subject: Subject, units: Unit[]): void {
    const step = row.order - (subject.first.at(-1)?.order ?? row.order);
    for (const steps of [subject.steps, this.#steps]) {
      if (step > 0) steps.on += 1;
      if (step < 0) steps.back += 1;
    }
    subject.first.push(row);
    const { on, back } = subject.steps;
    if (on >= PLAIN_STEPS || (back >= PLAIN_STEPS && on === 0) || subject.first.length === ROWS_OF_DIRECTION) this.#begin(subject, units);
  }

  /** The first rows say which way the times go: one out of place does not turn the others. */
  #begin(subject: Subject, units: Unit[]): void {
    const { first, steps } = subject;
    subject.series = this.#series(isAscending(steps, STEPS_OF_ITS_OWN) ?? isAscending(this.#steps, 1) ?? true);
    subject.first = [];
    for (const row of first) this.#inOrder(row, subject.series, units);
  }

  #inOrder(row: StreamRow, { order, windows }: Series, units: Unit[]): void {
    const { kept, left } = order.next(row);
    if (kept) units.push(this.#unitOf(kept, windows, false));
    if (left) units.push(this.#leftOut(left.row, left.reason));
  }

  #makeRoom(coming: string, units: Unit[]): void {
    while (this.#subjects.size > 0 && ((this.#subjects.size >= MAX_OPEN_SUBJECTS && !this.#subjects.has(coming)) || this.#times >= MAX_TIMES)) {
      const [oldest] = this.#subjects.keys();
      this.#closed.add(oldest!);
      this.#close(oldest!, units);
    }
  }

  #close(key: string, units: Unit[]): void {
    const subject = this.#subjects.get(key)!;
    this.#subjects.delete(key);
    this.#last = null;
    this.#times -= subject.times.size;
    if (subject.first.length > 0) this.#begin(subject, units);
    if (!subject.series) return;
    const last = subject.series.order.end();
    if (last) units.push(this.#unitOf(last, subject.series.windows, true));
  }

  /** A row with what it says itself, and what is said of the windows that it closes. */
  #unitOf(row: StreamRow, windows: readonly SeriesWindows[], isLast: boolean): Unit {
    const drafts = this.#policy.keepsRaw ? [...row.drafts] : [];
    const say = (summarised: SummaryValue): void => void drafts.push(this.#policy.summaryDraft(row.subject, summarised));
    if (windows.length > 0) for (const { series, clock, value, ranged } of row.readings) windows[series]!.add(clock, value, ranged ?? value, say);
    if (isLast) for (const each of windows) each.end(say);
    return { file: this.#file, where: row.where, drafts };
  }

  #leftOut({ where, text }: StreamRow, reason: Reason): Unit {
    return { file: this.#file, where, findings: [{ field: null, reason }], text };
  }
}

/** Null: the steps do not say. */
const isAscending = ({ on, back }: Steps, least: number): boolean | null => (back >= least && back >= BACK_PER_ON * on ? false : on >= least && on > back ? true : null);
