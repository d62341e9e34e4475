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

const MEMBERS = 500;
const Username = z.string().min(1).max(128).describe('username at the user pool');
const Description = z.string().max(2000);
const Access = z.enum(['everyone', 'members']).describe('who has a role there: everyone by their groups, or members alone');
const Members = z
  .record(Username, z.array(Role).min(1, 'must have at least one role'))
  .refine((members) => Object.keys(members).length <= MEMBERS, `must be at most ${MEMBERS} members`)
  .describe('roles by username; a member has those of them that their groups give');
const Production = z
  .enum(['signed', 'open'])
  .describe('what a version needs before it may be called Production or champion: a clinical signature, or (projects for exploration; nothing of them can be rolled out) nothing');

const days = z.number().int().min(0).max(36_500);
/** What may vanish, and when. What a model version needs never does; nor does anything of a project without such a rule. */
export const Retention = z.strictObject({
  deletedRunsDays: days.optional().describe('deleted runs are removed for good, with metrics and artifacts, so many days after their deletion'),
  endedRunsDays: days.optional().describe('ended runs are deleted (can be restored until they are removed) so many days after their end'),
});
export type Retention = z.infer<typeof Retention>;

/**
 * A namespace of runs, models and artifacts. Roles come from the caller's groups; in a project for `members` only, a caller has those of
 * them that the project names for their username. Membership narrows a role, it never makes one.
 */
export const Project = z.object({
  project: ProjectName,
  description: Description.optional(),
  access: Access,
  members: Members,
  production: Production,
  retention: Retention.optional(),
  createdAt: Timestamp,
  createdBy: z.string(),
});
export type Project = z.infer<typeof Project>;

export const ProjectRequest = z.strictObject({
  project: ProjectName,
  description: Description.optional(),
  access: Access.default('everyone'),
  members: Members.default({}),
  production: Production.default('signed'),
  retention: Retention.optional(),
});
export type ProjectRequest = z.infer<typeof ProjectRequest>;

export const ProjectChange = z.strictObject({
  description: Description.optional(),
  access: Access.optional(),
  members: z
    .record(Username, z.array(Role).min(1, 'must have at least one role').nullable())
    .optional()
    .describe('roles by username, null: no member any more; who is not named stays as they are'),
  retention: Retention.optional().describe('replaces the rules; {}: nothing vanishes'),
  production: Production.optional().describe('from signed to open only while the project has no model'),
});
export type ProjectChange = z.infer<typeof ProjectChange>;

export const RetentionRunRequest = z.strictObject({ dryRun: z.boolean().default(true).describe('true: says what would vanish, and changes nothing') });
const Kept = z.object({ runId: z.string(), neededBy: z.string().describe('the model version whose source it is') });

/** What a project's rules made of its runs. */
export const RetentionRun = z.object({
  project: ProjectName,
  dryRun: z.boolean(),
  deleted: z.array(z.string()).describe('ids of ended runs that were deleted'),
  removed: z.array(z.string()).describe('ids of deleted runs that were removed for good'),
  kept: z.array(Kept).describe('runs whose time has come, and which a model version needs'),
  more: z.boolean().describe('whether more are waiting for the next time'),
});
export type RetentionRun = z.infer<typeof RetentionRun>;
