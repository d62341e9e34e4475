import { type Outcome, done } from '../../contracts/outcome.ts';
import type { Dataset, DatasetInput, TrackedRun } from '../../contracts/tracking.ts';
import { invalid } from '../mlflow/refusals.ts';
import { tagsOf } from './experiments.ts';
import { LIMITS, checkLength, every } from './names.ts';

type Json = Record<string, unknown>;
const SEE = ' See the API docs for more information about request parameters.';

/** The datasets that a request logs as inputs, each once by name and digest. */
export const readDatasetInputs = (given: readonly Json[]): Outcome<DatasetInput[]> => {
  const inputs = new Map<string, DatasetInput>();
  for (const [index, { dataset, tags }] of given.entries()) {
    if (dataset === null || typeof dataset !== 'object') return invalid(`Missing value for required parameter 'datasets[${index}].dataset'.${SEE}`);
    const read = readDataset(dataset as Json, index);
    if (!read.ok) return read;
    const pairs = Array.isArray(tags) ? (tags as { key?: unknown; value?: unknown }[]) : [];
    for (const { key, value } of pairs) {
      if (typeof key !== 'string') return invalid('InputTag key cannot be None');
      if (typeof value !== 'string') return invalid('InputTag value cannot be None');
      const valid = every(
        () => checkLength('key', key, LIMITS.inputTagKey),
        () => checkLength('value', value, LIMITS.inputTagValue),
      );
      if (!valid.ok) return valid;
    }
    const key = JSON.stringify([read.value.name, read.value.digest]);
    if (!inputs.has(key)) inputs.set(key, { dataset: read.value, tags: tagsOf(pairs as { key: string; value: string }[]) });
  }
  return done([...inputs.values()]);
};

const readDataset = ({ name, digest, source_type, source, schema, profile }: Json, index: number): Outcome<Dataset> => {
  const members = { name, digest, source_type, source };
  for (const [member, value] of Object.entries(members)) {
    if (typeof value !== 'string' || value === '') return invalid(`Missing value for required parameter 'datasets[${index}].dataset.${member}'.${SEE}`);
  }
  const text = {
    name: name as string,
    digest: digest as string,
    source: source as string,
    ...(typeof schema === 'string' ? { schema } : {}),
    ...(typeof profile === 'string' ? { profile } : {}),
  };
  const valid = every(
    () => checkLength('name', text.name, LIMITS.datasetName),
    () => checkLength('digest', text.digest, LIMITS.datasetDigest),
    () => checkLength('source', text.source, LIMITS.datasetSource),
    () => checkLength('schema', text.schema ?? '', LIMITS.datasetSchema),
    () => checkLength('profile', text.profile ?? '', LIMITS.datasetProfile),
  );
  return valid.ok ? done({ ...text, sourceType: source_type as string }) : valid;
};

/** Which datasets an experiment's runs have used, each with the context it was used in. */
export const datasetSummaries = (runs: readonly TrackedRun[]): Json[] => {
  const summaries = new Map<string, Json>();
  for (const { experimentId, datasets } of runs) {
    for (const { dataset, tags } of datasets) {
      const context = tags['mlflow.data.context'];
      const summary = { experiment_id: experimentId, name: dataset.name, digest: dataset.digest, ...(context === undefined ? {} : { context }) };
      summaries.set(JSON.stringify(summary), summary);
    }
  }
  return [...summaries.values()];
};
