import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { AuditExport } from '../../lambdas/contracts/audit.ts';
import { verifyExport } from '../../lambdas/domain/governance/verify.ts';
import type { Client } from '../client.ts';
import { print, sessionOfCommand } from '../print.ts';
import { UsageError } from '../session.ts';

const where = (path: string): string => resolve(process.env['INIT_CWD'] ?? process.cwd(), path);

/** Every page of the chain, as one export. */
export const wholeChain = async (client: Client): Promise<AuditExport> => {
  const pages: AuditExport[] = [];
  for (let from: number | null = 0; from !== null; from = pages.at(-1)!.next) pages.push(await client('exportAudit', { query: { from } }));
  return { ...pages[0]!, events: pages.flatMap(({ events }) => events), checkpoints: pages.at(-1)!.checkpoints, next: null };
};

const readExport = (file: string): AuditExport => {
  try {
    return AuditExport.parse(JSON.parse(readFileSync(where(file), 'utf8')));
  } catch (error) {
    throw new UsageError(`${file}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : 'is not an audit export (proband audit export)'}`);
  }
};

export const audit = (program: Command): void => {
  const noun = program.command('audit').description('the audit chain');
  noun
    .command('export <file>')
    .description('the whole chain with its signed checkpoints and the public key')
    .action(async (file: string, _: unknown, command: Command) => {
      const exported = await wholeChain(sessionOfCommand(command).client);
      writeFileSync(where(file), JSON.stringify(exported, null, 1));
      console.error(`${exported.events.length} events, ${exported.checkpoints.length} checkpoints in ${where(file)}`);
    });
  noun
    .command('verify <file>')
    .description('verify an export offline: any altered, dropped or reordered event is found; exit code 1 if so')
    .action((file: string) => {
      const verdict = verifyExport(readExport(file));
      print(verdict);
      if (!verdict.verified) process.exitCode = 1;
    });
  noun
    .command('checkpoint')
    .description('sign the head of the chain and keep it under Object Lock')
    .action(async (_: unknown, command: Command) => print(await sessionOfCommand(command).client('createCheckpoint', { body: {} })));
  program
    .command('lineage <id>')
    .description('everything upstream and downstream of an id')
    .action(async (id: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('getLineage', { params: { id } })));
};
