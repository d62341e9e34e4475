/** A range that says of each end whether it belongs to it. */
export type Bounds = { atLeast?: number | undefined; above?: number | undefined; atMost?: number | undefined; below?: number | undefined };

type Limits = Required<{ [limit in keyof Bounds]: number }>;
const limitsOf = ({ atLeast, above, atMost, below }: Bounds): Limits => ({
  atLeast: atLeast ?? Number.NEGATIVE_INFINITY,
  above: above ?? Number.NEGATIVE_INFINITY,
  atMost: atMost ?? Number.POSITIVE_INFINITY,
  below: below ?? Number.POSITIVE_INFINITY,
});
const isWithin = (value: number, { atLeast, above, atMost, below }: Limits): boolean => value >= atLeast && value > above && value <= atMost && value < below;

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
  readonly #ranges: readonly Limits[];
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

  constructor(start: number, length: number, ranges: readonly Limits[], isAscending: boolean) {
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
    for (let index = 0; index < this.#ranges.length; index += 1) if (isWithin(ranged, this.#ranges[index]!)) this.#inRange[index]! += 1;
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

const DIGITS = 12;
const rounded = (value: number): number => (Number.isInteger(value) && Math.abs(value) < 10 ** DIGITS ? value : Number(value.toPrecision(DIGITS)));

type Series = { window: WindowLength; length: number; summaries: readonly { summary: Summary; range: number }[]; open: OpenWindow | null };

/**
 * The windows of one series that are open: one per length. Readings come in order of the clock; a reading behind a window closes it. A clock
 * that was set back (the end of summer time) goes on in the window that it falls into, if that is still open.
 */
export class SeriesWindows {
  readonly #series: readonly Series[];
  readonly #limits: readonly Limits[];
  readonly #interval: number;
  readonly #isAscending: boolean;

  /** @param interval milliseconds between two readings, as the device makes them */
  constructor(summaries: readonly Summary[], interval: number, isAscending: boolean) {
    this.#isAscending = isAscending;
    this.#interval = interval;
    const ranges = summaries.flatMap(({ within }) => (within ? [within] : []));
    this.#limits = ranges.map(limitsOf);
    const own = summaries.map((summary) => ({ summary, range: summary.within ? ranges.indexOf(summary.within) : -1 }));
    this.#series = [...new Set(summaries.map(({ window }) => window))].map((window) => ({
      window,
      length: WINDOW_MS[window],
      summaries: own.filter(({ summary }) => summary.window === window),
      open: null,
    }));
  }

  /**
   * @param ranged the value as ranges see it
   * @param say takes what is said of the windows that the reading closes
   */
  add(clock: number, value: number, ranged: number, say: (summarised: SummaryValue) => void): void {
    for (const series of this.#series) {
      const start = Math.floor(clock / series.length) * series.length;
      if (series.open && (this.#isAscending ? start > series.open.start : start < series.open.start)) this.#close(series, say);
      series.open ??= new OpenWindow(start, series.length, this.#limits, this.#isAscending);
      series.open.add(clock, value, ranged, this.#interval);
    }
  }

  end(say: (summarised: SummaryValue) => void): void {
    for (const series of this.#series) this.#close(series, say);
  }

  #close(series: Series, say: (summarised: SummaryValue) => void): void {
    const { open } = series;
    if (!open) return;
    series.open = null;
    for (const { summary, range } of series.summaries) {
      const value = open.of(summary, range, this.#interval);
      if (value !== null) say({ summary, start: open.start, value: rounded(value), readings: open.readings });
    }
  }
}
