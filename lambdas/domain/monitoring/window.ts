import type { OutcomeRecord, PredictionRecord } from '../../contracts/prediction.ts';
import { type Outcome, done, refused } from '../../contracts/outcome.ts';
import type { MonitoringRequest } from '../../contracts/monitoring.ts';
import type { WindowRow } from './watched.ts';

const DAY_MS = 86_400_000;

/** A window that can be watched: it ends after it begins, and is not longer than `mostDays`. */
export const checkedWindow = ({ from, to }: MonitoringRequest, mostDays: number): Outcome<MonitoringRequest> => {
  const length = Date.parse(to) - Date.parse(from);
  if (length <= 0) return refused(400, 'Invalid window', `to ${to} must be after from ${from}`, [{ field: 'to', value: to, allowed: `after ${from}` }]);
  const latest = new Date(Date.parse(from) + mostDays * DAY_MS).toISOString();
  if (length > mostDays * DAY_MS)
    return refused(400, 'Invalid window', `to ${to} must be at most ${mostDays} days after from ${from}`, [{ field: 'to', value: to, allowed: `${from} to ${latest}` }]);
  return done({ from, to });
};

/** The last `days` full days (UTC) before `now`. */
export const lastDays = (days: number, now: Date): MonitoringRequest => {
  const to = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  return { from: new Date(to - days * DAY_MS).toISOString(), to: new Date(to).toISOString() };
};

/** The version's own answers, each with its outcome where it is known. */
export const windowRows = (version: number, predictions: readonly PredictionRecord[], outcomes: readonly OutcomeRecord[]): WindowRow[] => {
  const observed = new Map(outcomes.map(({ predictionId, weeklyDoseMg }) => [predictionId, weeklyDoseMg]));
  return predictions
    .filter((prediction) => prediction.version === version)
    .map(({ predictionId, features, weeklyDoseMg, lowerMgPerWeek, upperMgPerWeek, latencyMs }) => ({
      features,
      predicted: weeklyDoseMg,
      lower: lowerMgPerWeek,
      upper: upperMgPerWeek,
      latencyMs,
      observed: observed.get(predictionId) ?? null,
    }));
};
