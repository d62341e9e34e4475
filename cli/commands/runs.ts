import type { Command } from 'commander';
import { print, sessionOfCommand } from '../print.ts';

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
      let run = await client('createRun', { body: { model: options.model, datasetId: options.dataset, contextOfUse: options.context, seed: options.seed } });
      while (options.wait && run.status === 'running') {
        await new Promise((resume) => setTimeout(resume, 2000));
        run = await client('getRun', { params: { runId: run.runId } });
        process.stderr.write(`\r\x1b[2K${run.step}${run.progress === undefined ? '' : ` ${Math.round(100 * run.progress)} %`}`);
      }
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
