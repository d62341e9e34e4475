import type { Command } from 'commander';
import { print, sessionOfCommand } from '../print.ts';

export const alarms = (program: Command): void => {
  const watch = program.command('watch').description('drift, calibration, fairness, clinical relevance');
  watch
    .command('start <model>')
    .description('compare the predictions of a window with the cohort that the model learnt from')
    .requiredOption('--from <time>', 'ISO 8601 time')
    .requiredOption('--to <time>', 'ISO 8601 time')
    .action(async (model: string, options: { from: string; to: string }, command: Command) =>
      print(await sessionOfCommand(command).client('createMonitoringRun', { params: { model }, body: options })),
    );
  watch
    .command('show <monitoringRunId>')
    .description('its signals')
    .action(async (monitoringRunId: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('getMonitoringRun', { params: { monitoringRunId } })));
  const alarm = program.command('alarm').description('alarms');
  alarm
    .command('list')
    .description('alarms, newest first')
    .action(async (_: unknown, command: Command) => print(await sessionOfCommand(command).client('listAlarms', {})));
  alarm
    .command('acknowledge <alarmId>')
    .description('stop its escalation')
    .option('--comment <text>', 'what you do about it')
    .action(async (alarmId: string, options: { comment?: string }, command: Command) =>
      print(await sessionOfCommand(command).client('acknowledgeAlarm', { params: { alarmId }, body: options })),
    );
  program
    .command('retrainings')
    .description('retraining requests, newest first')
    .action(async (_: unknown, command: Command) => print(await sessionOfCommand(command).client('listRetrainings', {})));
};
