import type { Command } from 'commander';
import { print, sessionOfCommand } from '../print.ts';

export const models = (program: Command): void => {
  const noun = program.command('model').description('the registry: versions, stages, cards');
  noun
    .command('versions <model>')
    .description('versions, newest first')
    .action(async (model: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('listModelVersions', { params: { model } })));
  noun
    .command('show <model> <version>')
    .description('a version with digests and gates')
    .action(async (model: string, version: string, _: unknown, command: Command) =>
      print(await sessionOfCommand(command).client('getModelVersion', { params: { model, version } })),
    );
  noun
    .command('history <model>')
    .description('every stage change ever; what was in production when')
    .option('--at <time>', 'ISO 8601 time')
    .action(async (model: string, options: { at?: string }, command: Command) =>
      print(await sessionOfCommand(command).client('getModelHistory', { params: { model }, ...(options.at ? { query: { at: options.at } } : {}) })),
    );
  noun
    .command('card <model> <version>')
    .description('the model card, HTML on stdout')
    .action(async (model: string, version: string, _: unknown, command: Command) =>
      console.log(await sessionOfCommand(command).client('getModelCard', { params: { model, version } })),
    );
};
