import type { Import } from './carrying.ts';
import { importExperiments } from './import-experiments.ts';
import { importLoggedModels } from './import-logged-models.ts';
import { importModels } from './import-models.ts';
import { createRuns, deleteRuns, fillRuns } from './import-runs.ts';
import { type Report, emptyReport } from './imported.ts';
import { API, type Mlflow } from './mlflow.ts';
import type { Source } from './source.ts';

/**
 * Everything of the source into the target's project: experiments, runs, logged models with their artifacts, registered models, their
 * versions. Each thing notes in its tags what it was in the source; one that is there complete is left alone, one that is not is filled
 * again, which changes nothing of what is there: a second start goes on where the first one was, and takes what is new.
 */
export const importProject = async (source: Source, target: Mlflow, tell: (text: string) => void): Promise<Report> => {
  const the: Import = { source, target, report: emptyReport(), tell, experiments: new Map(), runs: new Map(), models: new Map(), roots: new Map() };
  await importExperiments(the);
  await createRuns(the);
  await importLoggedModels(the);
  await fillRuns(the);
  await importModels(the);
  await deleteRuns(the);
  for (const { id, experiment } of the.experiments.values()) {
    if (experiment.lifecycle_stage === 'deleted') await target.send('POST', `${API}/experiments/delete`, { experiment_id: id });
  }
  return the.report;
};
