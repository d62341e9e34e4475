import type { Command } from 'commander';
import { print, sessionOfCommand } from '../print.ts';

export const trials = (program: Command): void => {
  const noun = program.command('trial').description('simulated trials of registered versions');
  noun
    .command('start <model> <version>')
    .description('simulate a design with a version on its pinned cohort')
    .option('--design <name>', 'a file of config/trials', 'eu-pact')
    .option('--seed <n>', 'seed', Number, 2013)
    .option('--patients-per-arm <n>', '10 to 20000; default: the design’s', Number)
    .action(async (model: string, version: string, options: { design: string; seed: number; patientsPerArm?: number }, command: Command) =>
      print(
        await sessionOfCommand(command).client('createTrial', {
          body: {
            model,
            version: Number(version),
            design: options.design,
            seed: options.seed,
            ...(options.patientsPerArm === undefined ? {} : { patientsPerArm: options.patientsPerArm }),
          },
        }),
      ),
    );
  noun
    .command('show <trialId>')
    .description('a trial and its result')
    .action(async (trialId: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('getTrial', { params: { trialId } })));
  noun
    .command('page <trialId>')
    .description('its page with plots, HTML on stdout')
    .action(async (trialId: string, _: unknown, command: Command) => console.log(await sessionOfCommand(command).client('getTrialPage', { params: { trialId } })));
};
