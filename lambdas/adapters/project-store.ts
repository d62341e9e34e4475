import { type Outcome, done } from '../contracts/outcome.ts';
import type { Principal } from '../contracts/principal.ts';
import { HOME_PROJECT, type Project, ProjectName } from '../contracts/project.ts';
import { absent, invalid } from '../domain/mlflow/refusals.ts';
import { createDocument, getDocument, queryDocuments, updateDocument } from './documents.ts';

/** Where projects are kept, and whether the first call to a new one makes it (then with that rule for Production). */
export type ProjectsOf = { table: string; onFirstUse: 'no' | Project['production'] };

const PROJECTS = 'PROJECTS';
const address = (project: string) => ({ pk: PROJECTS, sk: project });

const home: Project = {
  project: HOME_PROJECT,
  description: 'What this installation trains, signs and serves',
  access: 'everyone',
  members: {},
  production: 'signed',
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'service:platform',
};

/** A change of a project is seen by a warm function after this long at most, milliseconds. */
const FRESH_FOR = 5000;
const seen = new Map<string, { project: Project; until: number }>();

export const getProject = async (table: string, name: string): Promise<Project | null> =>
  (await getDocument<Project>(table, address(name))) ?? (name === HOME_PROJECT ? home : null);
export const listProjects = async (table: string): Promise<Project[]> => {
  const made = await queryDocuments<Project>(table, PROJECTS);
  return made.some(({ project }) => project === HOME_PROJECT) ? made : [home, ...made];
};
/** False where the project is there already. */
export const createProject = (table: string, project: Project): Promise<boolean> => createDocument(table, address(project.project), project);
/** Only while it still is what was read; false otherwise. */
export const replaceProject = (table: string, read: Project, { description, access, members, production, retention }: Project): Promise<boolean> =>
  updateDocument(
    table,
    address(read.project),
    { description, access, members, production, retention },
    { access: read.access, members: read.members, production: read.production },
  );

/** The project that a call means. Where configuration allows, a data scientist's or an ML engineer's first call to a new one makes it. */
export const projectFor = async ({ table, onFirstUse }: ProjectsOf, name: string, caller: Principal): Promise<Outcome<Project>> => {
  const warm = seen.get(name);
  if (warm && warm.until > Date.now()) return done(warm.project);
  const valid = ProjectName.safeParse(name);
  if (!valid.success) return invalid(`project '${name.slice(0, 80)}' ${valid.error.issues[0]!.message}`);
  let project = await getProject(table, name);
  if (!project && onFirstUse !== 'no' && caller.roles.some((role) => role === 'data-scientist' || role === 'ml-engineer')) {
    const made: Project = { project: name, access: 'everyone', members: {}, production: onFirstUse, createdAt: new Date().toISOString(), createdBy: caller.username };
    await createProject(table, made);
    project = await getProject(table, name);
  }
  if (!project) return absent(`no project ${name}; POST /v1/projects makes one`);
  seen.set(name, { project, until: Date.now() + FRESH_FOR });
  return done(project);
};
