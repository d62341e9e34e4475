import * as z from 'zod';
import warfarinContexts from '../../../config/models/warfarin/contexts.json' with { type: 'json' };
import warfarinGates from '../../../config/models/warfarin/gates.json' with { type: 'json' };
import warfarinHyperparameters from '../../../config/models/warfarin/hyperparameters.json' with { type: 'json' };
import warfarinModel from '../../../config/models/warfarin/model.json' with { type: 'json' };
import warfarinView from '../../../config/features/warfarin-dosing.json' with { type: 'json' };
import { ContextOfUse } from '../../contracts/run.ts';
import { FeatureView } from '../features/feature-view.ts';
import { Gate } from './gates.ts';

const Parameter = z.union([z.string(), z.number(), z.boolean()]);

/** A model as config/models/<name>/ describes it. */
const ModelDefinition = z.object({
  name: z.string(),
  title: z.string(),
  featureView: FeatureView,
  intendedUse: z.string(),
  limitations: z.array(z.string()),
  ethics: z.string(),
  maintenance: z.string(),
  references: z.array(z.string()),
  hyperparameters: z.record(z.string(), Parameter),
  contexts: z.array(ContextOfUse).min(1),
  gates: z.array(Gate).min(1),
});
export type ModelDefinition = z.infer<typeof ModelDefinition>;

/** The models there are: a folder of config/models, a feature view, a container package; nothing else knows one by name. */
const MODELS: readonly ModelDefinition[] = [
  { ...warfarinModel, featureView: warfarinView, hyperparameters: warfarinHyperparameters, contexts: warfarinContexts, gates: warfarinGates },
].map((model) => ModelDefinition.parse(model));

export const MODEL_NAMES = MODELS.map(({ name }) => name);

export const modelDefinition = (name: string): ModelDefinition | undefined => MODELS.find((model) => model.name === name);

/** A model that a state works on must be there; anything else is a fault. */
export const requireModel = (name: string): ModelDefinition => {
  const found = modelDefinition(name);
  if (!found) throw new Error(`no model ${name}`);
  return found;
};
