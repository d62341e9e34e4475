import { UsageError } from '../session.ts';
import { type Import, ifThere } from './carrying.ts';
import { IMPORTED, count, withImported } from './imported.ts';
import { API } from './mlflow.ts';
import { type Experiment, pairsOf, tagsOf } from './source.ts';

/** Every project has it from its beginning. */
const DEFAULT = 'Default';

export const importExperiments = async (the: Import): Promise<void> => {
  for await (const experiment of the.source.experiments()) {
    const id = await placeExperiment(the, experiment);
    the.experiments.set(experiment.experiment_id, { id, experiment });
  }
  the.tell(`${the.experiments.size} experiments`);
};

const placeExperiment = async ({ source, target, report }: Import, experiment: Experiment): Promise<string> => {
  const { name } = experiment;
  const notes = {
    [IMPORTED.source]: source.origin,
    [IMPORTED.experimentId]: experiment.experiment_id,
    [IMPORTED.createdAt]: experiment.creation_time,
    [IMPORTED.updatedAt]: experiment.last_update_time,
    [IMPORTED.artifactUri]: experiment.artifact_location,
  };
  const tags = pairsOf(withImported(experiment.tags, notes));
  const standing = await ifThere(target.get<{ experiment: Experiment }>(`${API}/experiments/get-by-name`, { experiment_name: name }));
  if (!standing) {
    count(report.carried, 'experiments');
    return (await target.send<{ experiment_id: string }>('POST', `${API}/experiments/create`, { name, tags }, { once: true })).experiment_id;
  }
  const { experiment_id, lifecycle_stage, tags: held } = standing.experiment;
  const known = tagsOf(held);
  const ours = known[IMPORTED.source] === source.origin && known[IMPORTED.experimentId] === experiment.experiment_id;
  if (!ours && (name !== DEFAULT || known[IMPORTED.source])) throw new UsageError(`experiment ${name} is in the project already and does not come from ${source.origin}`);
  if (lifecycle_stage === 'deleted') await target.send('POST', `${API}/experiments/restore`, { experiment_id });
  if (!ours) for (const { key, value } of tags) await target.send('POST', `${API}/experiments/set-experiment-tag`, { experiment_id, key, value });
  count(ours ? report.present : report.carried, 'experiments');
  return experiment_id;
};
