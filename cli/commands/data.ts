import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { print, sessionOfCommand } from '../print.ts';
import { UsageError } from '../session.ts';

const ENDED = new Set(['admitted', 'duplicate', 'refused', 'faulted']);

const read = (path: string): Buffer => {
  try {
    return readFileSync(resolve(process.env['INIT_CWD'] ?? process.cwd(), path));
  } catch {
    throw new UsageError(`${path}: no such file`);
  }
};

export const data = (program: Command): void => {
  const noun = program.command('data').description('clinical data: uploads and dataset versions');
  noun
    .command('upload <file>')
    .description('put a file into the landing zone and wait for its ingest report')
    .requiredOption('--source <name>', 'the source map, see `proband data sources`')
    .option('--use <use>', 'development, or external: another institution, never trained on', 'development')
    .action(async (file: string, options: { source: string; use: 'development' | 'external' }, command: Command) => {
      const { client } = sessionOfCommand(command);
      const content = read(file);
      const ticket = await client('createUpload', {
        body: { source: options.source, use: options.use, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') },
      });
      const put = await fetch(ticket.url, { method: 'PUT', headers: ticket.headers, body: new Uint8Array(content) });
      if (!put.ok) throw new Error(`the landing zone answered ${put.status}`);
      for (;;) {
        const upload = await client('getUpload', { params: { uploadId: ticket.uploadId } });
        if (ENDED.has(upload.status)) {
          print(upload);
          if (upload.status === 'refused' || upload.status === 'faulted') process.exitCode = 1;
          return;
        }
        process.stderr.write(`\r${upload.status} …`);
        await new Promise((resume) => setTimeout(resume, 1000));
      }
    });
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
    .description('a dataset version of admitted uploads')
    .requiredOption('--name <name>', 'lower-case letters, digits and dashes')
    .action(async (uploads: string[], options: { name: string }, command: Command) =>
      print(await sessionOfCommand(command).client('createDataset', { body: { name: options.name, uploads } })),
    );
  dataset
    .command('show <datasetId>')
    .description('a dataset version')
    .action(async (datasetId: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('getDataset', { params: { datasetId } })));
  dataset
    .command('rebuild <datasetId>')
    .description('rebuild it from its manifest and compare every byte')
    .action(async (datasetId: string, _: unknown, command: Command) => {
      const rebuilt = await sessionOfCommand(command).client('rebuildDataset', { params: { datasetId }, body: {} });
      print(rebuilt);
      if (!rebuilt.identical) process.exitCode = 1;
    });
};
