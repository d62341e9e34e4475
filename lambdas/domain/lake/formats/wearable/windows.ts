/** A range that says of each end whether it belongs to it. */
export type Bounds = { atLeast?: number | undefined; above?: number | undefined; atMost?: number | undefined; below?: number | undefined };

const isWithin = (value: number, { atLeast, above, atMost, below }: Bounds): boolean =>
  value >= (atLeast ?? Number.NEGATIVE_INFINITY) &&
  value > (above ?? Number.NEGATIVE_INFINITY) &&
  value <= (atMost ?? Number.POSITIVE_INFINITY) &&
  value < (below ?? Number.POSITIVE_INFINITY);

/** A statistic of the readings of one window. `share` and `count` may be of the readings in a range alone. */
export type Statistic = 'mean' | 'sd' | 'min' | 'max' | 'sum' | 'count' | 'share' | 'coverage' | 'longest-gap';
export type WindowLength = 'hour' | 'day';
export type Summary = { window: WindowLength; statistic: Statistic; concept: string; unit: string; within?: Bounds | undefined };
export type SummaryValue = { summary: Summary; start: number; value: number; readings: number };

export const WINDOW_MS: Readonly<Record<WindowLength, number>> = { hour: 3_600_000, day: 86_400_000 };

/** What is kept of a window while it is open: of so many readings, the same. */
class OpenWindow {
  readonly start: number;
  readonly #length: number;
  readonly #ranges: readonly Bounds[];
  readonly #inRange: number[];
  readings = 0;
  #mean = 0;
  #squares = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #previous: number;
  readonly #end: number;
  #longestGap = 0;
  #slots = 0;
  #lastSlot = -1;

  constructor(start: number, length: number, ranges: readonly Bounds[], isAscending: boolean) {
    this.start = start;
    this.#length = length;
    this.#ranges = ranges;
    this.#inRange = ranges.map(() => 0);
    this.#previous = isAscending ? start : start + length;
    this.#end = isAscending ? start + length : start;
  }

  /** Welford's recurrence: https://doi.org/10.2307/1266577 */
  add(clock: number, value: number, ranged: number, interval: number): void {
    this.readings += 1;
    this.#sum += value;
    const off = value - this.#mean;
    this.#mean += off / this.readings;
    this.#squares += off * (value - this.#mean);
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    for (const [index, bounds] of this.#ranges.entries()) if (isWithin(ranged, bounds)) this.#inRange[index]! += 1;
    this.#longestGap = Math.max(this.#longestGap, Math.abs(clock - this.#previous));
    this.#previous = clock;
    const slot = Math.floor((clock - this.start) / interval);
    if (slot !== this.#lastSlot) this.#slots += 1;
    this.#lastSlot = slot;
  }

  of({ statistic }: Summary, range: number, interval: number): number | null {
    const { readings } = this;
    switch (statistic) {
      case 'mean':
        return this.#mean;
      case 'sd':
        return readings > 1 ? Math.sqrt(this.#squares / (readings - 1)) : null;
      case 'min':
        return this.#min;
      case 'max':
        return this.#max;
      case 'sum':
        return this.#sum;
      case 'count':
        return range < 0 ? readings : this.#inRange[range]!;
      case 'share':
        return (100 * this.#inRange[range]!) / readings;
      case 'coverage':
        return Math.min(100, (100 * this.#slots * interval) / this.#length);
      case 'longest-gap':
        return Math.max(this.#longestGap, Math.abs(this.#end - this.#previous)) / 60_000;
    }
  }
}

/**
 * The windows of one series that are open: one per length. Readings come in order of the clock; a reading behind a window closes it. A clock
 * that was set back (the end of summer time) goes on in the window that it falls into, if that is still open.
 */
export class SeriesWindows {
  readonly #summaries: readonly Summary[];
  readonly #lengths: readonly WindowLength[];
  readonly #ranges: readonly Bounds[];
  readonly #interval: number;
  readonly #isAscending: boolean;
  readonly #open = new Map<WindowLength, OpenWindow>();

  /** @param interval milliseconds between two readings, as the device makes them */
  constructor(summaries: readonly Summary[], interval: number, isAscending: boolean) {
    this.#isAscending = isAscending;
    this.#summaries = summaries;
    this.#lengths = [...new Set(summaries.map(({ window }) => window))];
    this.#ranges = summaries.flatMap(({ within }) => (within ? [within] : []));
    this.#interval = interval;
  }

  /** @param ranged the value as ranges see it, where that is another */
  add(clock: number, value: number, ranged = value): SummaryValue[] {
    const closed: SummaryValue[] = [];
    for (const window of this.#lengths) {
      const start = Math.floor(clock / WINDOW_MS[window]) * WINDOW_MS[window];
      let open = this.#open.get(window);
      if (open && (this.#isAscending ? start > open.start : start < open.start)) {
        closed.push(...this.#close(window, open));
        open = undefined;
      }
      if (!open) {
        open = new OpenWindow(start, WINDOW_MS[window], this.#ranges, this.#isAscending);
        this.#open.set(window, open);
      }
      open.add(clock, value, ranged, this.#interval);
    }
    return closed;
  }

  end(): SummaryValue[] {
    return [...this.#open].flatMap(([window, open]) => this.#close(window, open));
  }

  #close(window: WindowLength, open: OpenWindow): SummaryValue[] {
    this.#open.delete(window);
    return this.#summaries
      .filter((summary) => summary.window === window)
      .flatMap((summary) => {
        const value = open.of(summary, summary.within ? this.#ranges.indexOf(summary.within) : -1, this.#interval);
        return value === null ? [] : [{ summary, start: open.start, value: Number(value.toPrecision(12)), readings: open.readings }];
      });
  }
}
