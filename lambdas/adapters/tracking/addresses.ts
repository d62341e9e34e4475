import { createHash } from 'node:crypto';

/**
 * Where a project's documents lie in the table `tracking`. Everything of a project is below its name, so that no key of one project can
 * be reached from another's.
 */
export const below = (project: string, rest: string) => `P#${project}#${rest}`;
const padded = (id: string) => id.padStart(20, '0');

/** A run's row of the index lies in one of these partitions of its experiment. */
export const INDEX_SHARDS = 8;
const shardOf = (runId: string) => createHash('sha256').update(runId).digest()[0]! % INDEX_SHARDS;

export const experimentsOf = (project: string) => below(project, 'EXPERIMENTS');
export const experimentAt = (project: string, experimentId: string) => ({ pk: experimentsOf(project), sk: padded(experimentId) });
export const experimentNameAt = (project: string, name: string) => ({ pk: below(project, 'EXPERIMENT-NAMES'), sk: name });
export const counterAt = (project: string) => ({ pk: below(project, 'COUNTERS'), sk: 'EXPERIMENTS' });

export const runOf = (project: string, runId: string) => below(project, `RUN#${runId}`);
export const headAt = (project: string, runId: string) => ({ pk: runOf(project, runId), sk: 'HEAD' });
export const paramAt = (project: string, runId: string, key: string) => ({ pk: runOf(project, runId), sk: `PARAM#${key}` });
export const tagAt = (project: string, runId: string, key: string) => ({ pk: runOf(project, runId), sk: `TAG#${key}` });
export const metricAt = (project: string, runId: string, key: string) => ({ pk: runOf(project, runId), sk: `METRIC#${key}` });
export const datasetAt = (project: string, runId: string, name: string, digest: string) => ({ pk: runOf(project, runId), sk: `DATASET#${digest}#${name}` });
export const datasetPartKey = (of: string, index: number) => `${of}#${String(index).padStart(3, '0')}`;
export const datasetPartAt = (project: string, runId: string, of: string, index: number) => ({ pk: runOf(project, runId), sk: `DATASET-PART#${datasetPartKey(of, index)}` });
export const modelInputAt = (project: string, runId: string, modelId: string) => ({ pk: runOf(project, runId), sk: `MODEL-INPUT#${modelId}` });
export const modelOutputAt = (project: string, runId: string, modelId: string, step: number) => ({
  pk: runOf(project, runId),
  sk: `MODEL-OUTPUT#${String(step).padStart(20, '0')}#${modelId}`,
});
export const chunksOf = (project: string, runId: string, key: string) => below(project, `RUN#${runId}#COURSE#${key}`);

export const indexOf = (project: string, experimentId: string, shard: number) => below(project, `INDEX#${experimentId}#${shard}`);
export const indexAt = (project: string, experimentId: string, runId: string) => ({ pk: indexOf(project, experimentId, shardOf(runId)), sk: runId });

export const evaluationDatasetsOf = (project: string) => below(project, 'EVALUATION-DATASETS');
export const evaluationDatasetAt = (project: string, datasetId: string) => ({ pk: evaluationDatasetsOf(project), sk: datasetId });
/** Records lie in the order of their making; a record's place says when it was made. */
export const recordsOf = (project: string, datasetId: string) => below(project, `EVALUATION-RECORDS#${datasetId}`);
export const recordSk = (createdAt: number, recordId: string) => `${padded(String(createdAt))}#${recordId}`;
export const recordAt = (project: string, datasetId: string, createdAt: number, recordId: string) => ({ pk: recordsOf(project, datasetId), sk: recordSk(createdAt, recordId) });
export const recordPlacesOf = (project: string, datasetId: string) => below(project, `EVALUATION-RECORD-PLACES#${datasetId}`);
export const recordPlaceAt = (project: string, datasetId: string, recordId: string) => ({ pk: recordPlacesOf(project, datasetId), sk: recordId });
/** Which experiments a dataset belongs to, and the other way round. */
export const experimentsOfDataset = (project: string, datasetId: string) => below(project, `EVALUATION-DATASET-EXPERIMENTS#${datasetId}`);
export const datasetsOfExperiment = (project: string, experimentId: string) => below(project, `EXPERIMENT-EVALUATION-DATASETS#${experimentId}`);
export const associationAt = (project: string, datasetId: string, experimentId: string) => [
  { pk: experimentsOfDataset(project, datasetId), sk: padded(experimentId) },
  { pk: datasetsOfExperiment(project, experimentId), sk: datasetId },
];

export const modelOf = (project: string, modelId: string) => below(project, `LOGGED-MODEL#${modelId}`);
export const modelAt = (project: string, modelId: string) => ({ pk: modelOf(project, modelId), sk: 'HEAD' });
export const modelsOf = (project: string, experimentId: string) => below(project, `LOGGED-MODELS#${experimentId}`);

/** Which blocks hold the settled part of an experiment's index. */
export const manifestAt = (project: string, experimentId: string) => ({ pk: below(project, `INDEX#${experimentId}`), sk: 'MANIFEST' });
/** Each in a partition of its own: a search reads many at once. */
export const blockAt = (project: string, id: string) => ({ pk: below(project, `BLOCK#${id}`), sk: 'RUNS' });
