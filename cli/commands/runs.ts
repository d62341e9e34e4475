import type { Command } from 'commander';
import { print, sessionOfCommand } from '../print.ts';
import { withProgress } from '../terminal.ts';

export const runs = (program: Command): void => {
  const noun = program.command('run').description('trainings: features, split, leakage guard, training, gates');
  noun
    .command('start')
    .description('train and gate a model on a dataset version')
    .requiredOption('--model <name>', 'a model of config/models')
    .requiredOption('--dataset <datasetId>', 'a dataset version')
    .option('--context <name>', 'the context of use; it chooses the gates', 'dose-decision-support')
    .option('--seed <n>', 'seed', Number, 20100401)
    .option('--wait', 'wait for its end')
    .action(async (options: { model: string; dataset: string; context: string; seed: number; wait?: boolean }, command: Command) => {
      const { client } = sessionOfCommand(command);
      const run = await withProgress(async (tell) => {
        let started = await client('createRun', { body: { model: options.model, datasetId: options.dataset, contextOfUse: options.context, seed: options.seed } });
        while (options.wait && started.status === 'running') {
          await new Promise((resume) => setTimeout(resume, 2000));
          started = await client('getRun', { params: { runId: started.runId } });
          tell(`${started.step}${started.progress === undefined ? '' : ` ${Math.round(100 * started.progress)} %`}`);
        }
        return started;
      });
      print(run);
      if (options.wait && run.status !== 'candidate') process.exitCode = 1;
    });
  noun
    .command('show <runId>')
    .description('a run: step, progress, split, leakage findings, gates')
    .action(async (runId: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('getRun', { params: { runId } })));
  noun
    .command('list')
    .description('runs, newest first')
    .option('--limit <n>', '1 to 200', Number, 20)
    .action(async (options: { limit: number }, command: Command) => print(await sessionOfCommand(command).client('listRuns', { query: { limit: options.limit } })));
};
