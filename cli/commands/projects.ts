import type { Command } from 'commander';
import { ROLES, type Role } from '../../lambdas/contracts/principal.ts';
import type { Project } from '../../lambdas/contracts/project.ts';
import { print, sessionOfCommand } from '../print.ts';
import { UsageError } from '../session.ts';

const MOST_DAYS = 36_500;
const ACCESS = ['everyone', 'members'] as const;
const PRODUCTION = ['signed', 'open'] as const;

const oneOf = <T extends string>(option: string, given: string, allowed: readonly T[]): T => {
  if (!(allowed as readonly string[]).includes(given)) throw new UsageError(`${option} ${given}: allowed are ${allowed.join(', ')}`);
  return given as T;
};

type CreateOptions = { description?: string; access: string; production: string };
type RetentionOptions = { removeDeletedAfter?: string; deleteEndedAfter?: string; apply?: boolean };
type AddOptions = { user: string; role: string[] };

const NEVER = 'never';
const daysOf = (option: string, given: string | undefined, standing: number | undefined): number | undefined => {
  if (given === undefined) return standing;
  if (given === NEVER) return undefined;
  if (!/^\d{1,5}$/.test(given) || Number(given) > MOST_DAYS) throw new UsageError(`${option} ${given}: allowed are 0 to ${MOST_DAYS}, or ${NEVER}`);
  return Number(given);
};

export const projects = (program: Command): void => {
  const noun = program.command('projects').description('namespaces of runs, models and artifacts, each with its own members');
  noun
    .command('create <project>')
    .description('make a project; its tracking address is <api>/mlflow/<project>')
    .option('--description <text>', 'what it is for')
    .option('--access <access>', 'everyone (by their groups) or members alone', 'everyone')
    .option('--production <rule>', 'signed: Production and champion need a clinical signature; open: they need none', 'signed')
    .action(async (project: string, { description, ...options }: CreateOptions, command: Command) =>
      print(
        await sessionOfCommand(command).client('createProject', {
          body: {
            project,
            access: oneOf('--access', options.access, ACCESS),
            production: oneOf('--production', options.production, PRODUCTION),
            ...(description === undefined ? {} : { description }),
          },
        }),
      ),
    );
  noun
    .command('list')
    .description('the projects that you have a role in, by name')
    .action(async (_: unknown, command: Command) => {
      const { client } = sessionOfCommand(command);
      const items: Project[] = [];
      const limit = 200;
      for (let page: Project[] | undefined; !page || page.length === limit; items.push(...page)) {
        const after = items.at(-1)?.project;
        page = (await client('listProjects', { query: { limit, ...(after ? { after } : {}) } })).items;
      }
      print({ items });
    });
  noun
    .command('show <project>')
    .description('a project, its members and its rule for Production')
    .action(async (project: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('getProject', { params: { project } })));
  noun
    .command('add-member <project>')
    .description('give somebody roles in a project, of those that their groups give them')
    .requiredOption('--user <name>', 'their username')
    .requiredOption('--role <role...>', ROLES.join(', '))
    .action(async (project: string, { user, role }: AddOptions, command: Command) => {
      const roles = role.map((each) => oneOf<Role>('--role', each, ROLES));
      print(await sessionOfCommand(command).client('updateProject', { params: { project }, body: { members: { [user]: roles } } }));
    });
  noun
    .command('retention <project>')
    .description('what would vanish by a project’s rules now; set the rules, or apply them')
    .option('--remove-deleted-after <days>', 'deleted runs are removed for good so many days after, 0 to 36500; never: not at all')
    .option('--delete-ended-after <days>', 'ended runs are deleted so many days after, 0 to 36500; never: not at all')
    .option('--apply', 'do it now, as happens once a day')
    .action(async (project: string, options: RetentionOptions, command: Command) => {
      const { client } = sessionOfCommand(command);
      const { removeDeletedAfter, deleteEndedAfter, apply } = options;
      if (removeDeletedAfter !== undefined || deleteEndedAfter !== undefined) {
        const standing = (await client('getProject', { params: { project } })).retention ?? {};
        const deletedRunsDays = daysOf('--remove-deleted-after', removeDeletedAfter, standing.deletedRunsDays);
        const endedRunsDays = daysOf('--delete-ended-after', deleteEndedAfter, standing.endedRunsDays);
        const retention = { ...(deletedRunsDays === undefined ? {} : { deletedRunsDays }), ...(endedRunsDays === undefined ? {} : { endedRunsDays }) };
        await client('updateProject', { params: { project }, body: { retention } });
      }
      print(await client('applyRetention', { params: { project }, body: { dryRun: !apply } }));
    });
};
