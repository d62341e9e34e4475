import { serve } from '../../adapters/api.ts';
import { auditQueue } from '../../adapters/audit-queue.ts';
import { createProject, getProject, listProjects, replaceProject } from '../../adapters/project-store.ts';
import { listStageChanges } from '../../adapters/model-version-store.ts';
import { keysNamed, listChanges, listModels } from '../../adapters/registered-model-store.ts';
import { type Outcome, done, notFound, refused } from '../../contracts/outcome.ts';
import type { Principal } from '../../contracts/principal.ts';
import { HOME_PROJECT, type Project, type ProjectChange } from '../../contracts/project.ts';
import { changedProject, maySee, newProject, shownTo } from '../../domain/projects/settings.ts';
import { modelHistory } from '../../domain/registry/history.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);
const ATTEMPTS = 5;

/** Changes the project as it stands; who comes second between its reading and its writing reads again. */
const change = async (name: string, wanted: ProjectChange, caller: Principal): Promise<Outcome<Project>> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const shown = shownTo(name, await getProject(env.TRACKING_TABLE, name), caller);
    if (!shown.ok) return shown;
    const hasModels = wanted.production === 'open' && (await listModels(env.REGISTRY_TABLE, name)).length > 0;
    const changed = changedProject(shown.value, wanted, caller, hasModels);
    if (!changed.ok || (await replaceProject(env.TRACKING_TABLE, shown.value, changed.value))) return changed;
  }
  return refused(409, 'In conflict with the project', `project ${name} is being changed by others: try again`);
};

export const handler = serve(
  {
    createProject: async ({ body, caller, audit }) => {
      const project = newProject(body, caller, new Date().toISOString());
      Object.assign(audit, { project: project.project, access: project.access, production: project.production });
      const standing = await getProject(env.TRACKING_TABLE, project.project);
      if (!standing && (await createProject(env.TRACKING_TABLE, project))) return done(project);
      return refused(409, 'Name taken', `there is a project ${project.project} already`);
    },

    listProjects: async ({ query, caller }) => {
      const seen = (await listProjects(env.TRACKING_TABLE)).filter((project) => maySee(project, caller));
      const after = query.after ?? '';
      return done({
        items: seen
          .filter(({ project }) => project > after)
          .sort((a, b) => (a.project < b.project ? -1 : 1))
          .slice(0, query.limit),
      });
    },

    getProject: async ({ params, caller }) => shownTo(params.project, await getProject(env.TRACKING_TABLE, params.project), caller),

    getRegisteredModelHistory: async ({ params: { project, name }, caller }) => {
      const shown = shownTo(project, await getProject(env.TRACKING_TABLE, project), caller);
      if (!shown.ok) return shown;
      const keys = await keysNamed(env.REGISTRY_TABLE, project, name);
      const changes = await Promise.all(keys.map((key) => listChanges(env.REGISTRY_TABLE, project, key)));
      const stages = project === HOME_PROJECT ? await listStageChanges(env.REGISTRY_TABLE, name) : [];
      const items = modelHistory(project, changes.flat(), stages);
      return keys.length > 0 ? done({ items }) : notFound('registered model', name);
    },

    updateProject: async ({ params, body, caller, audit }) => {
      Object.assign(audit, { changed: Object.keys(body), ...(body.members ? { members: body.members } : {}) });
      return change(params.project, body, caller);
    },
  },
  auditQueue(env.AUDIT_QUEUE_URL),
);
