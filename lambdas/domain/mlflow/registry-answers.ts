import type { RegisteredModel, VersionView } from '../../contracts/registered-model.ts';
import { pairs } from './answers.ts';

type Json = Record<string, unknown>;
const set = (members: Json): Json =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)));

export const versionAnswer = (view: VersionView): Json => ({
  // clients tell an empty description from none
  description: view.description ?? '',
  ...set({
    name: view.name,
    version: String(view.version),
    creation_timestamp: view.createdAt,
    last_updated_timestamp: view.updatedAt,
    user_id: view.userId,
    current_stage: view.stage,
    source: view.source,
    run_id: view.runId,
    status: 'READY',
    tags: pairs(view.tags),
    run_link: view.runLink,
    aliases: view.aliases,
    model_id: view.modelId,
  }),
});

/** With the latest version of each stage. */
export const modelAnswer = (model: RegisteredModel, versions: readonly VersionView[]): Json =>
  set({
    name: model.name,
    creation_timestamp: model.createdAt,
    last_updated_timestamp: model.updatedAt,
    description: model.description,
    latest_versions: latestByStage(versions).map(versionAnswer),
    tags: pairs(model.tags),
    aliases: Object.entries(model.aliases).map(([alias, version]) => ({ alias, version: String(version) })),
  });

export const latestByStage = (versions: readonly VersionView[]): VersionView[] => {
  const latest = new Map<string, VersionView>();
  for (const view of versions) if ((latest.get(view.stage)?.version ?? 0) < view.version) latest.set(view.stage, view);
  return [...latest.values()];
};
