import type { OutcomeRecord, OutcomesRequest, PredictionRecord } from '../../contracts/prediction.ts';

type GivenOutcome = OutcomesRequest['outcomes'][number];

/** An outcome beside the prediction that it belongs to. */
export const outcomeRecord = (given: GivenOutcome, prediction: PredictionRecord, recordedAt: string, recordedBy: string): OutcomeRecord => ({
  ...given,
  model: prediction.model,
  version: prediction.version,
  predictedAt: prediction.at,
  recordedAt,
  recordedBy,
});

/** The ids that a request names more than once. */
export const repeatedIds = (outcomes: readonly GivenOutcome[]): string[] =>
  [...Map.groupBy(outcomes, ({ predictionId }) => predictionId)].filter(([, given]) => given.length > 1).map(([predictionId]) => predictionId);

/** Whether an outcome says something else than the one on record. */
export const contradicts = (given: GivenOutcome, recorded: OutcomeRecord): boolean => given.weeklyDoseMg !== recorded.weeklyDoseMg || given.inrOnDose !== recorded.inrOnDose;
