import * as z from 'zod';
import type { MlflowOperation } from '../../../config/catalog/mlflow.ts';
import type { RegistryChange } from '../../contracts/registry-event.ts';
import { tagsOf } from '../tracking/experiments.ts';

const Fields = z.object({
  name: z.string().default(''),
  version: z.string().default(''),
  alias: z.string().default(''),
  key: z.string().default(''),
  value: z.string().default(''),
  source: z.string().default(''),
  run_id: z.string().optional(),
  description: z.string().optional(),
  tags: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
});
const Answer = z.object({ model_version: z.object({ version: z.coerce.string(), current_stage: z.string().default('None') }) });

const IS_PROMPT = 'mlflow.prompt.is_prompt';

/** What an operation that succeeded changed in the registry, in the words of MLflow's own webhooks; null: nothing that anybody is told. Prompts are no models. */
export const changeOf = (operation: MlflowOperation, project: string, given: unknown, answer: unknown): RegistryChange | null => {
  const read = Fields.safeParse(given);
  if (!read.success) return null;
  const { name, version, alias, key, value, source, run_id: runId, description, tags } = read.data;
  const isPrompt = tags.some((tag) => tag.key === IS_PROMPT);
  const described = { tags: tagsOf(tags), description: description || null };
  switch (operation) {
    case 'createRegisteredModel':
      return isPrompt ? null : { project, type: 'registered_model.created', data: { name, ...described } };
    case 'createModelVersion': {
      const made = Answer.parse(answer).model_version.version;
      return isPrompt ? null : { project, type: 'model_version.created', data: { name, version: made, source, run_id: runId || null, ...described } };
    }
    case 'setModelVersionTag':
      return { project, type: 'model_version_tag.set', data: { name, version, key, value } };
    case 'deleteModelVersionTag':
      return { project, type: 'model_version_tag.deleted', data: { name, version, key } };
    case 'setAlias':
      return { project, type: 'model_version_alias.created', data: { name, alias, version } };
    case 'deleteAlias':
      return { project, type: 'model_version_alias.deleted', data: { name, alias } };
    case 'transitionStage':
      return { project, type: 'model_version_stage.changed', data: { name, version, stage: Answer.parse(answer).model_version.current_stage } };
    default:
      return null;
  }
};
