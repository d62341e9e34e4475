import { Command, CommanderError } from 'commander';
import { ProblemError } from './client.ts';
import { alarms } from './commands/alarms.ts';
import { artifacts } from './commands/artifacts.ts';
import { audit } from './commands/audit.ts';
import { data } from './commands/data.ts';
import { models } from './commands/models.ts';
import { projects } from './commands/projects.ts';
import { registry } from './commands/registry.ts';
import { reviews } from './commands/reviews.ts';
import { runs } from './commands/runs.ts';
import { source } from './commands/source.ts';
import { serving } from './commands/serving.ts';
import { trials } from './commands/trials.ts';
import { codeOf } from './one-time-code.ts';
import { type GlobalOptions, UsageError, login, sessionOf } from './session.ts';

const program = new Command('proband')
  .description('The command line of Proband: a thin client of its HTTP API.')
  .option('--api-url <url>', 'the API (or PROBAND_API_URL)')
  .option('--token <jwt>', 'an access token (or PROBAND_TOKEN)')
  .option('--ready <file>', 'what `npm run local -- --ready FILE` wrote: address and people of the local cloud')
  .option('--as <role>', 'with --ready: data-scientist, ml-engineer, clinician or auditor')
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'error: ')) });

program
  .command('login')
  .description('sign in with password and one-time code; the access token is kept for this user alone')
  .requiredOption('--region <region>', 'AWS region of the user pool')
  .requiredOption('--client-id <id>', 'the user pool’s client (stack output UserPoolClientId)')
  .requiredOption('--user <name>', 'your user name')
  .action(async (options: { region: string; clientId: string; user: string }) => {
    const { apiUrl } = program.opts<{ apiUrl?: string }>();
    if (!apiUrl) throw new UsageError('--api-url is needed: the stack output ApiUrl');
    console.log(`signed in; kept in ${await login(apiUrl, options.region, options.clientId, options.user)}`);
  });

program
  .command('token')
  .description('print the access token, for MLFLOW_TRACKING_TOKEN and other clients')
  .option('--mlflow <project>', 'print both variables of an MLflow client instead, to be evaluated by a shell')
  .action(({ mlflow }: { mlflow?: string }) => {
    const { apiUrl, token } = sessionOf(program.opts<GlobalOptions>());
    console.log(mlflow === undefined ? token() : `export MLFLOW_TRACKING_URI=${apiUrl.replace(/\/$/, '')}/mlflow/${mlflow} MLFLOW_TRACKING_TOKEN=${token()}`);
  });

program
  .command('code <key>')
  .description('print the one-time code that a device with this key (base32) shows now, as the people of a local cloud have')
  .action((key: string) => {
    // 128 bits at least, as RFC 4226 asks for
    if (!/^[A-Z2-7]{26,}=*$/.test(key)) throw new UsageError('code: the key is not base32 of 26 or more A-Z and 2-7');
    console.log(codeOf(key));
  });

for (const add of [data, source, projects, artifacts, registry, runs, models, reviews, serving, trials, alarms, audit]) add(program);

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  if (error instanceof UsageError || error instanceof ProblemError) {
    console.error(`error: ${error.message}`);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
  const { message, cause } = error as Error & { cause?: Error };
  console.error(`error: ${message}${cause ? ` (${cause.message})` : ''}`.split('\n')[0]);
  process.exit(1);
}
