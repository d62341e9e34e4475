import {
  MAXIMUM_EXTRA_BAKES,
  MINIMUM_RECORDS,
  ROLLOUT_SIGNALS,
  type RolloutSignalName,
  type RolloutStageName,
  WHEN_TOO_FEW,
  WIDEST_INTERVAL_RATIO,
} from '../../../config/catalog/rollout.ts';
import type { PredictionFault, PredictionRecord } from '../../contracts/prediction.ts';
import type { RolloutStage } from '../../contracts/rollout.ts';

type StageSignal = RolloutStage['signals'][number];

/** What was recorded since a stage began. */
export type StageEvidence = {
  version: number;
  previous: number | null;
  answers: readonly PredictionRecord[];
  shadows: readonly PredictionRecord[];
  faults: readonly PredictionFault[];
  /** weekly dose in mg outside of which an answer is implausible (config/models/<model>/serving.json) */
  plausibleDoseMgPerWeek: { lower: number; upper: number };
};

/** The signals of a stage. `value` is null and n is 0 where there is nothing to measure, e.g. no former version to compare with. */
export const stageSignals = ({ version, previous, answers, shadows, faults, plausibleDoseMgPerWeek: plausible }: StageEvidence): StageSignal[] => {
  const records = [...answers, ...shadows];
  const own = records.filter((record) => record.version === version);
  const failed = faults.filter((fault) => fault.version === version).length;
  const former = new Map(records.filter((record) => record.version === previous).map((record) => [record.predictionId, record.weeklyDoseMg]));
  const differences = own.flatMap(({ predictionId, weeklyDoseMg }) => {
    const dose = former.get(predictionId);
    return dose === undefined ? [] : [Math.abs(weeklyDoseMg - dose) / dose];
  });
  const shareOfOwn = (is: (record: PredictionRecord) => boolean) => (own.length === 0 ? null : own.filter(is).length / own.length);
  const measured: Record<RolloutSignalName, [value: number | null, n: number]> = {
    'error-share': [own.length + failed === 0 ? null : failed / (own.length + failed), own.length + failed],
    'latency-p95-ms': [
      percentile(
        own.map(({ latencyMs }) => latencyMs),
        0.95,
      ),
      own.length,
    ],
    'implausible-dose-share': [shareOfOwn(({ weeklyDoseMg }) => !(weeklyDoseMg >= plausible.lower && weeklyDoseMg <= plausible.upper)), own.length],
    'dose-difference': [mean(differences), differences.length],
    'wide-interval-share': [shareOfOwn(({ lowerMgPerWeek, upperMgPerWeek }) => !(upperMgPerWeek <= WIDEST_INTERVAL_RATIO * lowerMgPerWeek)), own.length],
  };
  return (Object.keys(ROLLOUT_SIGNALS) as RolloutSignalName[]).map((name) => {
    const [value, n] = measured[name];
    const { limit } = ROLLOUT_SIGNALS[name];
    return { name, value, limit, n, breached: n >= MINIMUM_RECORDS && value !== null && value > limit };
  });
};

export type StageVerdict = { outcome: RolloutStage['outcome']; next: 'go-on' | 'bake-again' | 'roll-back'; reason: string };

/** What a stage's signals decide after so many bake times. */
export const judgeStage = (stage: RolloutStageName, signals: readonly StageSignal[], hasPrevious: boolean, bakes: number): StageVerdict => {
  const breached = signals.filter((signal) => signal.breached);
  if (breached.length > 0) return { outcome: 'breached', next: 'roll-back', reason: `${stage}: ${breached.map(describe).join('; ')}` };
  const short = signals.filter(({ name, n }) => n < MINIMUM_RECORDS && (hasPrevious || name !== 'dose-difference'));
  if (short.length === 0) return { outcome: 'held', next: 'go-on', reason: `${stage}: every signal inside its limit` };
  if (bakes <= MAXIMUM_EXTRA_BAKES) return { outcome: 'running', next: 'bake-again', reason: tooFew(stage, short, bakes) };
  const above = signals.filter(({ value, limit }) => value !== null && value > limit);
  if (above.length > 0) return { outcome: 'breached', next: 'roll-back', reason: `${tooFew(stage, short, bakes)}, and ${above.map(describe).join('; ')}` };
  return { outcome: 'too-few', next: WHEN_TOO_FEW[stage], reason: tooFew(stage, short, bakes) };
};

const describe = ({ name, value, limit, n }: StageSignal): string => `${name} ${value === null ? 'n/a' : Number(value.toPrecision(3))} above ${limit} (n = ${n})`;
const tooFew = (stage: string, short: readonly StageSignal[], bakes: number): string =>
  `${stage}: ${Math.min(...short.map(({ n }) => n))} of ${MINIMUM_RECORDS} predictions needed after ${bakes} bake time${bakes === 1 ? '' : 's'}`;

const mean = (values: readonly number[]): number | null => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);

/** Nearest-rank percentile: the smallest value that at least `share` of the values do not exceed. */
const percentile = (values: readonly number[], share: number): number | null =>
  values.length === 0 ? null : [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
