import type { Command } from 'commander';
import { print, sessionOfCommand } from '../print.ts';

export const reviews = (program: Command): void => {
  const noun = program.command('review').description('clinical reviews and signatures');
  noun
    .command('list')
    .description('reviews, newest first')
    .action(async (_: unknown, command: Command) => print(await sessionOfCommand(command).client('listReviews', {})));
  noun
    .command('show <reviewId>')
    .description('a review and the version before it')
    .action(async (reviewId: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('getReview', { params: { reviewId } })));
  noun
    .command('page <reviewId>')
    .description('the dossier, HTML on stdout')
    .action(async (reviewId: string, _: unknown, command: Command) => console.log(await sessionOfCommand(command).client('getReviewPage', { params: { reviewId } })));
  for (const [decision, description] of [
    ['sign', 'sign: the signature is the deployment key'],
    ['reject', 'reject'],
  ] as const) {
    noun
      .command(`${decision} <reviewId>`)
      .description(`${description}; asks for a second authentication`)
      .requiredOption('--name <printed name>', 'your name as it is printed with the signature')
      .requiredOption('--meaning <text>', 'what your signature means')
      .option('--comment <text>', 'a comment for the record')
      .action(async (reviewId: string, options: { name: string; meaning: string; comment?: string }, command: Command) => {
        const { client, secondAuthentication } = sessionOfCommand(command);
        print(
          await client('decideReview', {
            params: { reviewId },
            body: {
              decision,
              printedName: options.name,
              meaning: options.meaning,
              secondAuthentication: await secondAuthentication(),
              ...(options.comment ? { comment: options.comment } : {}),
            },
          }),
        );
      });
  }
};
