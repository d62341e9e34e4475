import type { ModelVersion } from '../../contracts/model-version.ts';
import type { Run } from '../../contracts/run.ts';
import { digestOf } from '../canonical-json.ts';
import type { ModelDefinition } from '../training/models.ts';
import type { Fixed } from './change-control.ts';

/** Digests of what made the version in production. `trained`: the hyperparameters of its model.json. */
export const partsMadeBy = (
  version: Pick<ModelVersion, 'contextOfUse' | 'digests' | 'gates'>,
  trained: Hyperparameters,
  model: Pick<ModelDefinition, 'hyperparameters'>,
): Record<Fixed, string> => ({
  contextOfUse: version.digests.contextOfUse,
  featureView: version.digests.featureView,
  gates: gatesDigest(version.gates),
  hyperparameters: hyperparametersDigest(trained, Object.keys(model.hyperparameters)),
});

/** Digests of what a run would be made by now. `run`: the one that made the version in production; its overrides and seed are repeated. */
export const partsStanding = (
  version: Pick<ModelVersion, 'contextOfUse'>,
  run: Pick<Run, 'hyperparameters' | 'seed'>,
  model: Pick<ModelDefinition, 'contexts' | 'featureView' | 'gates' | 'hyperparameters'>,
): Record<Fixed, string> => {
  const context = model.contexts.find(({ name }) => name === version.contextOfUse.name);
  return {
    contextOfUse: digestOf(context ?? null),
    featureView: digestOf(model.featureView),
    gates: gatesDigest(model.gates.filter(({ riskTiers }) => riskTiers.includes(version.contextOfUse.riskTier))),
    hyperparameters: hyperparametersDigest({ ...model.hyperparameters, ...run.hyperparameters, seed: run.seed }, Object.keys(model.hyperparameters)),
  };
};

type Hyperparameters = Readonly<Record<string, unknown>>;
type GateRule = Pick<ModelVersion['gates'][number], 'name' | 'measure' | 'comparison' | 'threshold'>;

const gatesDigest = (gates: readonly GateRule[]): string =>
  digestOf(gates.map(({ name, measure, comparison, threshold }) => ({ name, measure, comparison, threshold })).sort((a, b) => (a.name < b.name ? -1 : 1)));

/** A list may be written as one text with commas, a number as text: the job contract passes text. `model` names the file's model, it is no hyperparameter. */
const hyperparametersDigest = (values: Hyperparameters, names: readonly string[]): string =>
  digestOf(Object.fromEntries(names.filter((name) => name !== 'model').map((name) => [name, textOf(values[name])])));

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value));
