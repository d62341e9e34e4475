import { type Outcome, done, notFound, refused } from '../../contracts/outcome.ts';
import type { Principal } from '../../contracts/principal.ts';
import { HOME_PROJECT, type Project, type ProjectChange, type ProjectRequest } from '../../contracts/project.ts';
import { rolesIn } from '../mlflow/access.ts';

const isRunner = (role: Principal['roles'][number]): role is 'data-scientist' | 'ml-engineer' => role === 'data-scientist' || role === 'ml-engineer';
const conflict = (detail: string) => refused(409, 'In conflict with the project', detail);

/** Who has no role in a project learns no more than that it is there; an auditor reads every project's settings. */
export const maySee = (project: Project, caller: Principal): boolean => caller.roles.includes('auditor') || rolesIn(project, caller).length > 0;

export const shownTo = (name: string, project: Project | null, caller: Principal): Outcome<Project> => {
  if (!project) return notFound('project', name);
  return maySee(project, caller) ? done(project) : refused(403, 'Forbidden', `project ${name} is for its members; ${caller.username} is none of them`);
};

/** A project as asked for; in one for members alone, whoever makes it is one. */
export const newProject = (request: ProjectRequest, caller: Principal, createdAt: string): Project => {
  const own = Object.hasOwn(request.members, caller.username) ? {} : { [caller.username]: caller.roles.filter(isRunner) };
  return { ...request, members: request.access === 'members' ? { ...request.members, ...own } : request.members, createdAt, createdBy: caller.username };
};

/** The project after a change, `hasModels`: of which some are registered. */
export const changedProject = (project: Project, change: ProjectChange, caller: Principal, hasModels: boolean): Outcome<Project> => {
  if (project.project === HOME_PROJECT) return conflict(`project ${HOME_PROJECT} holds what this installation trains, signs and serves; its settings are fixed`);
  if (!rolesIn(project, caller).some(isRunner)) {
    return refused(403, 'Forbidden', `project ${project.project} is changed by its data scientists and ML engineers; ${caller.username} is none of them`);
  }
  if (project.production === 'signed' && change.production === 'open' && hasModels) {
    return conflict(`project ${project.project} has models: its production stays signed`);
  }
  const { members: named = {}, ...settings } = change;
  const members = Object.fromEntries(Object.entries({ ...project.members, ...named }).flatMap(([username, roles]) => (roles ? [[username, roles]] : [])));
  const changed: Project = { ...project, ...settings, members };
  if (changed.access === 'members' && !Object.values(members).some((roles) => roles.some(isRunner))) {
    return conflict(`project ${project.project} needs a member with the role data-scientist or ml-engineer`);
  }
  return done(changed);
};

/** Who may have a project's retention rules applied. */
export const mayClear = (project: Project, caller: Principal): Outcome<null> =>
  rolesIn(project, caller).some(isRunner)
    ? done(null)
    : refused(403, 'Forbidden', `project ${project.project} is cleared by its data scientists and ML engineers; ${caller.username} is none of them`);
