import type { Command } from 'commander';
import { CREDENTIAL_MINUTES } from '../../lambdas/contracts/artifact-credentials.ts';
import { print, sessionOfCommand } from '../print.ts';
import { UsageError } from '../session.ts';

type CredentialsOptions = { project: string; run?: string; minutes: string; root?: true };

export const artifacts = (program: Command): void => {
  const noun = program.command('artifacts').description('files of tracked runs and models');
  noun
    .command('credentials')
    .description('AWS credentials for a project’s artifacts, as the `credential_process` of an AWS profile expects them')
    .requiredOption('--project <name>', 'the project')
    .option('--run <id>', 'one run’s artifacts alone')
    .option('--minutes <n>', `how long they hold, ${CREDENTIAL_MINUTES.least} to ${CREDENTIAL_MINUTES.most}`, String(CREDENTIAL_MINUTES.most))
    .option('--root', 'print the s3:// address that they are for instead')
    .action(async ({ project, run, minutes, root }: CredentialsOptions, command: Command) => {
      if (!/^\d+$/.test(minutes)) throw new UsageError(`--minutes ${minutes}: allowed are ${CREDENTIAL_MINUTES.least} to ${CREDENTIAL_MINUTES.most}`);
      const answer = await sessionOfCommand(command).client('createArtifactCredentials', {
        params: { project },
        body: { minutes: Number(minutes), ...(run ? { runId: run } : {}) },
      });
      if (root) return console.log(answer.root);
      // https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
      print({
        Version: 1,
        AccessKeyId: answer.accessKeyId,
        SecretAccessKey: answer.secretAccessKey,
        SessionToken: answer.sessionToken,
        Expiration: answer.expiration,
      });
    });
};
