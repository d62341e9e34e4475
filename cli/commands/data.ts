import type { Command } from 'commander';
import { DataUse } from '../../lambdas/contracts/upload.ts';
import { makeDataset, rebuildDataset } from '../dataset-version.ts';
import { filesBelow, land } from '../landing.ts';
import { type ExportOptions, exportFromServer, fhirExport, withExportOptions } from './fhir-export.ts';
import { print, sessionOfCommand } from '../print.ts';
import { UsageError } from '../session.ts';
import { withProgress } from '../terminal.ts';

type UploadOptions = Omit<ExportOptions, 'fhirServer'> & { fhirServer?: string };

/** Files or a server: one of the two. */
const isExport = (options: UploadOptions, files: readonly string[]): options is ExportOptions => {
  const exported = options.fhirServer !== undefined;
  if (exported === files.length > 0) throw new UsageError(exported ? '--fhir-server goes without files' : 'files, or --fhir-server URL, are needed');
  return exported;
};

export const data = (program: Command): void => {
  const noun = program.command('data').description('clinical data: uploads and dataset versions');
  fhirExport(noun);
  withExportOptions(noun.command('upload [files...]'))
    .description('put files, or folders of them, or what a FHIR server exports, into the landing zone as one upload and wait for its ingest report')
    .requiredOption('--source <name>', 'the source map, see `proband data sources`')
    .option('--use <use>', 'development, or external: another institution, never trained on', 'development')
    .action(async (files: string[], options: UploadOptions, command: Command) => {
      if (!DataUse.options.includes(options.use)) throw new UsageError(`--use ${options.use}: allowed are ${DataUse.options.join(', ')}`);
      const exported = isExport(options, files);
      const { client } = sessionOfCommand(command);
      const told = (text: string) => process.stderr.write(`\r${text} …`.padEnd(40));
      const answer = exported ? await exportFromServer(client, options, told) : await land(client, await filesBelow(files), options.source, options.use, told);
      process.stderr.write('\r');
      print(answer);
      const ended = 'export' in answer ? [answer.export, answer.upload] : [answer];
      if (ended.some((part) => part?.status === 'refused' || part?.status === 'faulted')) process.exitCode = 1;
    });
  noun
    .command('withdraw <subject>')
    .description('a patient withdraws: no later dataset version shows them; lists the dataset and model versions that hold them')
    .requiredOption('--source <name>', 'a source that knows the patient by this key')
    .action(async (subject: string, options: { source: string }, command: Command) =>
      print(await sessionOfCommand(command).client('createWithdrawal', { body: { source: options.source, subject } })),
    );
  noun
    .command('upload-status <uploadId>')
    .description('an upload and its ingest report')
    .action(async (uploadId: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('getUpload', { params: { uploadId } })));
  noun
    .command('sources')
    .description('the kinds of input that can be ingested')
    .action(async (_: unknown, command: Command) => print(await sessionOfCommand(command).client('listSources', {})));

  const dataset = program.command('dataset').description('immutable dataset versions');
  dataset
    .command('create <uploadId...>')
    .description('make a dataset version of admitted uploads and wait for it')
    .requiredOption('--name <name>', 'lower-case letters, digits and dashes')
    .action(async (uploads: string[], options: { name: string }, command: Command) => {
      print(await withProgress((told) => makeDataset(sessionOfCommand(command).client, { name: options.name, uploads }, told)));
    });
  dataset
    .command('creation <creationId>')
    .description('how far a dataset version is in the making, and what it became')
    .action(async (creationId: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('getDatasetCreation', { params: { creationId } })));
  dataset
    .command('show <datasetId>')
    .description('a dataset version')
    .action(async (datasetId: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('getDataset', { params: { datasetId } })));
  dataset
    .command('quality <datasetId>')
    .description('its data quality, HTML on stdout')
    .action(async (datasetId: string, _: unknown, command: Command) => console.log(await sessionOfCommand(command).client('getDatasetQuality', { params: { datasetId } })));
  dataset
    .command('rebuild <datasetId>')
    .description('rebuild it from its manifest and compare every byte')
    .action(async (datasetId: string, _: unknown, command: Command) => {
      const rebuilt = await withProgress((told) => rebuildDataset(sessionOfCommand(command).client, datasetId, told));
      print(rebuilt);
      if (!rebuilt.identical) process.exitCode = 1;
    });
};
