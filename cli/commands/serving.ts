import type { Command } from 'commander';
import { print, sessionOfCommand } from '../print.ts';
import { UsageError } from '../session.ts';

const json = (what: string, text: string): never => {
  try {
    return JSON.parse(text) as never;
  } catch {
    throw new UsageError(`${what}: not JSON`);
  }
};

export const serving = (program: Command): void => {
  const rollout = program.command('rollout').description('gradual rollout of a signed version');
  rollout
    .command('start <model> <version>')
    .description('shadow, 5, 25, 100 %; back on a breach')
    .action(async (model: string, version: string, _: unknown, command: Command) =>
      print(await sessionOfCommand(command).client('createRollout', { params: { model }, body: { version: Number(version) } })),
    );
  rollout
    .command('show <rolloutId>')
    .description('a rollout and its stages')
    .action(async (rolloutId: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('getRollout', { params: { rolloutId } })));
  program
    .command('deployment <model>')
    .description('which version answers now, with which share')
    .action(async (model: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('getDeployment', { params: { model } })));
  program
    .command('predict <model>')
    .description('predict for one patient')
    .requiredOption('--subject <key>', 'an opaque key of the patient; only its keyed hash is kept')
    .requiredOption('--features <json>', 'by the names and units of the model’s feature view, e.g. {"age_decade":7,"vkorc1":"A/G"}')
    .action(async (model: string, options: { subject: string; features: string }, command: Command) =>
      print(
        await sessionOfCommand(command).client('createPrediction', { params: { model }, body: { subjectKey: options.subject, features: json('--features', options.features) } }),
      ),
    );
  program
    .command('outcome <model> <predictionId> <weeklyDoseMg>')
    .description('the stable dose that was reached, mg/week')
    .option('--inr <value>', 'INR on that dose', Number)
    .action(async (model: string, predictionId: string, weeklyDoseMg: string, options: { inr?: number }, command: Command) =>
      print(
        await sessionOfCommand(command).client('createOutcomes', {
          params: { model },
          body: { outcomes: [{ predictionId, weeklyDoseMg: Number(weeklyDoseMg), ...(options.inr === undefined ? {} : { inrOnDose: options.inr }) }] },
        }),
      ),
    );
};
