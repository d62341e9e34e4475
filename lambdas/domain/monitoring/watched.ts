import type { Signal } from '../../contracts/monitoring.ts';
import type { RawFeatures } from '../features/feature-view.ts';

/** One patient of the cohort that the version learnt from; `predicted` by a fit that had not seen the patient, where there is one. */
export type ReferenceRow = { features: RawFeatures; observed: number; predicted: number | null };

/** One prediction of the window, with what came true where it is known. Doses in mg/week. */
export type WindowRow = { features: RawFeatures; predicted: number; lower: number; upper: number; latencyMs: number; observed: number | null };
export type Observed = WindowRow & { observed: number };

export type Reference = {
  rows: readonly ReferenceRow[];
  /** nominal coverage of the version's intervals */
  intervalLevel: number;
  /** features that the version reads */
  read: ReadonlySet<string>;
};

/** A signal before the false discovery rate of its run is known; `beyond`: its effect is beyond the limit. */
export type Finding = Omit<Signal, 'q' | 'alarming'> & { beyond: boolean };

/** What could not be judged, and why. */
export type NotJudged = { name: string; reason: string };
export type Found = { findings: Finding[]; notJudged: NotJudged[] };

export const isObserved = (row: WindowRow): row is Observed => row.observed !== null;
export const percent = (share: number, digits = 0): string => `${(100 * share).toFixed(digits)} %`;
