import type { Command } from 'commander';
import { here } from '../landing.ts';
import { print, sessionOfCommand } from '../print.ts';
import { importProject } from '../registry/import.ts';
import { openArchive } from '../registry/read-archive.ts';
import { exportProject } from '../registry/write-archive.ts';
import { type Mlflow, mlflowAt } from '../registry/mlflow.ts';
import { serverSource } from '../registry/server.ts';
import { type Session, UsageError } from '../session.ts';

type ExportOptions = { project: string; out: string };
type ImportOptions = { from: string; fromToken?: string; project: string };

const tell = (text: string): void => void process.stderr.write(`${text}\n`);
const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** A project's tracking address, in the name of whoever is signed in. */
const trackingOf = ({ apiUrl, token }: Session, project: string): Mlflow =>
  mlflowAt(`${apiUrl.replace(/\/+$/, '')}/mlflow/${encodeURIComponent(project)}`, () => `Bearer ${token()}`);

/** How the stock client signs in at a server: MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD. */
const authorizationFor = (given: string | undefined): string | undefined => {
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: user, MLFLOW_TRACKING_PASSWORD: password } = process.env;
  if (given ?? token) return `Bearer ${given ?? token}`;
  return user && password ? basic(user, password) : undefined;
};

const serverAt = (from: string, token: string | undefined): Mlflow => {
  if (!URL.canParse(from)) throw new UsageError(`--from ${from}: is no address`);
  const url = new URL(from);
  if (url.username || url.password) throw new UsageError('--from: no name or password in the address; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD');
  const authorization = authorizationFor(token);
  return mlflowAt(url.href, () => authorization);
};

export const registry = (program: Command): void => {
  const noun = program.command('registry').description('whole projects: from other MLflow servers, to and from archives');
  noun
    .command('import')
    .description('carry experiments, runs, models, versions and artifacts into a project; started again, it goes on where it was')
    .requiredOption('--from <address>', 'an MLflow server’s address, or the file of an archive')
    .requiredOption('--project <name>', 'the project that takes them')
    .option('--from-token <token>', 'bearer token for that server (or MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD)')
    .action(async ({ from, fromToken, project }: ImportOptions, command: Command) => {
      const session = sessionOfCommand(command);
      await session.client('getProject', { params: { project } });
      const target = trackingOf(session, project);
      if (/^https?:/.test(from)) return print(await importProject(serverSource(serverAt(from, fromToken)), target, tell));
      const archive = await openArchive(here(from));
      try {
        print(await importProject(archive.source, target, tell));
      } finally {
        await archive.close();
      }
    });
  noun
    .command('history <model>')
    .description('who called which version what, when, why and by which signature')
    .requiredOption('--project <name>', 'the project that the model is registered in')
    .action(async (name: string, { project }: { project: string }, command: Command) =>
      print(await sessionOfCommand(command).client('getRegisteredModelHistory', { params: { project, name } })),
    );
  noun
    .command('export')
    .description('a project with its artifacts as one archive that another installation imports')
    .requiredOption('--project <name>', 'the project')
    .requiredOption('--out <file>', 'the archive, .tar.gz')
    .action(async ({ project, out }: ExportOptions, command: Command) => {
      const session = sessionOfCommand(command);
      const settings = await session.client('getProject', { params: { project } });
      const { members, ...manifest } = await exportProject(serverSource(trackingOf(session, project)), settings, here(out), tell);
      print({ ...manifest, members: members.length });
    });
};
