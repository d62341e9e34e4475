import * as z from 'zod';
import { Timestamp } from './ids.ts';
import { Role } from './principal.ts';

/** A project's name is part of its tracking address and of every key below it. */
export const ProjectName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit')
  .describe('name of a project');

/** The platform's own models live here; it is there from the start. */
export const HOME_PROJECT = 'proband';

/**
 * A namespace of runs, models and artifacts. Roles come from the caller's groups; in a project for `members` only, a caller has those of
 * them that the project names for their username. Membership narrows a role, it never makes one.
 */
export const Project = z.object({
  project: ProjectName,
  description: z.string().max(2000).optional(),
  access: z.enum(['everyone', 'members']),
  members: z.record(z.string().max(128), z.array(Role)),
  production: z
    .enum(['signed', 'open'])
    .describe(
      'what a version needs before it may be called Production or champion: a clinical signature, or (projects for exploration; nothing of them can be rolled out) nothing',
    ),
  createdAt: Timestamp,
  createdBy: z.string(),
});
export type Project = z.infer<typeof Project>;
