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
  noun
    .command('compare <model> <base> <other>')
    .description('two versions: digests, parameters, gates, performance, subgroups')
    .option('--page', 'as a page with plots, HTML on stdout')
    .action(async (model: string, base: string, other: string, options: { page?: boolean }, command: Command) => {
      const { client } = sessionOfCommand(command);
      const call = { params: { model }, query: { base, other } };
      if (options.page) console.log(await client('getComparisonPage', call));
      else print(await client('compareModelVersions', call));
    });
  noun
    .command('deprecate <model> <version>')
    .description('roll a version out no more, and say so in its answers')
    .requiredOption('--reason <text>', '10 to 500 characters')
    .option('--replaced-by <version>', 'the version to be used in its place')
    .option('--end-of-use <date>', 'the last day on which it should answer, YYYY-MM-DD')
    .option('--undo', 'take the deprecation back')
    .action(async (model: string, version: string, options: { reason: string; replacedBy?: string; endOfUse?: string; undo?: boolean }, command: Command) => {
      const { reason, replacedBy, endOfUse, undo } = options;
      const body = { deprecated: !undo, reason, ...(replacedBy === undefined ? {} : { replacedBy }), ...(endOfUse === undefined ? {} : { endOfUse }) };
      print(await sessionOfCommand(command).client('deprecateModelVersion', { params: { model, version }, body }));
    });
  noun
    .command('served <model> <subject> <date>')
    .description('what served this patient (the key of the predictions) on that day, UTC')
    .action(async (model: string, subjectKey: string, date: string, _: unknown, command: Command) =>
      print(await sessionOfCommand(command).client('findServed', { params: { model }, body: { subjectKey, date } })),
    );
};
