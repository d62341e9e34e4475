import { modelVersionId } from '../../contracts/ids.ts';
import type { LineageEdge } from '../../contracts/lineage.ts';
import type { PredictionCall, PredictionRecord } from '../../contracts/prediction.ts';
import { digestOf } from '../canonical-json.ts';

/** The same calls in any order are the same batch: 32 hex digits. */
export const batchId = (requestIds: readonly string[]): string => digestOf([...requestIds].sort()).slice(0, 32);

/** The log's files: one per model and day of the batch, NDJSON, in order of time. */
export const logFiles = (records: readonly PredictionRecord[]): { model: string; date: string; ndjson: string }[] => {
  const byFile = Map.groupBy(records, ({ model, at }) => `${model} ${at.slice(0, 10)}`);
  return [...byFile.values()].map((lines) => ({
    model: lines[0]!.model,
    date: lines[0]!.at.slice(0, 10),
    ndjson: lines
      .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
  }));
};

/** Each version that was evaluated was used to make the prediction; only the answering one made its answer. */
export const predictionEdges = (records: readonly PredictionRecord[]): Omit<LineageEdge, 'at'>[] =>
  records.map(({ model, version, predictionId, role }) => ({
    from: modelVersionId(model, version),
    to: predictionId,
    relation: role === 'shadow' ? 'shadow-predicted' : 'predicted',
  }));

/** What the batch's one audit event says: each call as it would stand alone. */
export const auditedBatch = (batch: string, calls: readonly PredictionCall[]): Record<string, unknown> => ({
  batch,
  calls: calls.map(({ requestId, at, who, what, result, data }) => ({ requestId, at, who, what, result, data })),
});
