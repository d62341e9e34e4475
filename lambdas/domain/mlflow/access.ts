import { MLFLOW, MLFLOW_SERVICE_OPERATIONS, type MlflowOperation } from '../../../config/catalog/mlflow.ts';
import type { Outcome } from '../../contracts/outcome.ts';
import { done } from '../../contracts/outcome.ts';
import type { Principal } from '../../contracts/principal.ts';
import { HOME_PROJECT, type Project } from '../../contracts/project.ts';
import { refuse } from './refusals.ts';

/** The roles that a caller has in a project. */
export const rolesIn = (project: Project, caller: Principal): Principal['roles'] =>
  project.access === 'everyone' ? caller.roles : caller.roles.filter((role) => (project.members[caller.username] as readonly string[] | undefined)?.includes(role));

/** Whether the caller may do that in the project, by the permission table; the platform itself, in the project of its own trainings, what their relay needs. */
export const mayCall = (operation: MlflowOperation, project: Project, caller: Principal): Outcome<null> => {
  if (caller.roles.includes('service') && project.project === HOME_PROJECT && MLFLOW_SERVICE_OPERATIONS.has(operation)) return done(null);
  const allowed: readonly string[] = MLFLOW[operation].roles;
  const held = rolesIn(project, caller);
  if (held.some((role) => allowed.includes(role))) return done(null);
  return refuse('PERMISSION_DENIED', `${operation} in project ${project.project} is for ${allowed.join(', ')}; ${caller.username} has ${held.join(', ') || 'no role'} there`);
};
