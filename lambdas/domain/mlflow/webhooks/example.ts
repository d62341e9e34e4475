import type { MLFLOW_EVENTS } from '../../../../config/catalog/webhooks.ts';

const tags = { example_key: 'example_value' };
const model = { name: 'example_model' };
const prompt = { name: 'example_prompt' };
const tag = { key: 'example_key', value: 'example_value' };
const version = '1';
const alias = 'example_alias';

type Examples = { [E in keyof typeof MLFLOW_EVENTS]: Record<(typeof MLFLOW_EVENTS)[E][number], Record<string, unknown>> };

/** What a test sends: MLflow's own example of each event (mlflow.webhooks.types, 3.12). */
const EXAMPLES: Examples = {
  registered_model: { created: { ...model, tags, description: 'An example registered model' } },
  model_version: { created: { ...model, version, source: 'models:/123', run_id: 'abcd1234abcd5678', tags, description: 'An example model version' } },
  model_version_tag: { set: { ...model, version, ...tag }, deleted: { ...model, version, key: tag.key } },
  model_version_alias: { created: { ...model, alias, version }, deleted: { ...model, alias } },
  prompt: { created: { ...prompt, tags, description: 'An example prompt' } },
  prompt_version: { created: { ...prompt, version, template: 'Hello {{name}}!', tags, description: 'An example prompt version' } },
  prompt_tag: { set: { ...prompt, ...tag }, deleted: { ...prompt, key: tag.key } },
  prompt_version_tag: { set: { ...prompt, version, ...tag }, deleted: { ...prompt, version, key: tag.key } },
  prompt_alias: { created: { ...prompt, alias, version }, deleted: { ...prompt, alias } },
  budget_policy: {
    exceeded: {
      budget_policy_id: 'bp-abc123',
      budget_unit: 'USD',
      budget_amount: 100.0,
      current_spend: 105.5,
      duration_unit: 'MONTHS',
      duration_value: 1,
      target_scope: 'WORKSPACE',
      workspace: 'default',
      window_start: 1704067200000,
    },
  },
};

/** The example of `<entity>.<action>`, one of MLflow's. */
export const exampleOf = (event: string): { entity: string; action: string; data: Record<string, unknown> } => {
  const [entity, action] = event.split('.') as [string, string];
  return { entity, action, data: (EXAMPLES as Record<string, Record<string, Record<string, unknown>>>)[entity]![action]! };
};
