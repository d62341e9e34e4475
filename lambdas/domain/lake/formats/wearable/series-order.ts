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
  #kept: R | null = null;
  #waiting: R | null = null;

  next(row: R): Verdict<R> {
    const waiting = this.#waiting;
    if (waiting === null) {
      this.#waiting = row;
      return {};
    }
    if (row.order > waiting.order) {
      this.#waiting = row;
      this.#kept = waiting;
      return { kept: waiting };
    }
    if (row.order === waiting.order) return { left: { row, reason: 'duplicate-record' } };
    const isJump = this.#kept !== null && row.order > this.#kept.order && waiting.order - this.#kept.order > JUMP_MS && waiting.order - row.order > JUMP_MS;
    if (!isJump) return { left: { row, reason: 'clock-backwards' } };
    this.#waiting = row;
    return { left: { row: waiting, reason: 'clock-backwards' } };
  }

  end(): R | null {
    const waiting = this.#waiting;
    this.#waiting = null;
    return waiting;
  }
}
