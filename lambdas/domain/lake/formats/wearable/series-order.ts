import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';

type Ordered = { order: number };
export type Verdict<R> = { kept?: R; left?: { row: R; reason: Reason } };

/** A jump ahead of so much that the next row takes back was the jump's error, not the next row's. */
const JUMP_MS = 86_400_000;

/**
 * Judges one subject's rows by their times, one row late. A time that came before is a duplicate; one before its predecessor means that the
 * clock went backwards, and the row is left out, unless its predecessor alone stands out ahead of both its neighbours: then that one is.
 */
export class SeriesOrder<R extends Ordered> {
  readonly #direction: 1 | -1;
  #kept: R | null = null;
  #waiting: R | null = null;

  constructor(isAscending: boolean) {
    this.#direction = isAscending ? 1 : -1;
  }

  next(row: R): Verdict<R> {
    const waiting = this.#waiting;
    if (waiting === null) {
      this.#waiting = row;
      return {};
    }
    const ahead = (of: R, than: R): number => this.#direction * (of.order - than.order);
    if (ahead(row, waiting) > 0) {
      this.#waiting = row;
      this.#kept = waiting;
      return { kept: waiting };
    }
    if (row.order === waiting.order) return { left: { row, reason: 'duplicate-record' } };
    const stoodOut = ahead(waiting, row) > JUMP_MS && (this.#kept === null || (ahead(row, this.#kept) > 0 && ahead(waiting, this.#kept) > JUMP_MS));
    if (!stoodOut) return { left: { row, reason: 'clock-backwards' } };
    this.#waiting = row;
    return { left: { row: waiting, reason: 'clock-backwards' } };
  }

  end(): R | null {
    const waiting = this.#waiting;
    this.#waiting = null;
    return waiting;
  }
}
