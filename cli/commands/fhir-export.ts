import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type * as z from 'zod';
import { type Export, ExportRequest, FhirServerRequest } from '../../lambdas/contracts/export.ts';
import type { Upload } from '../../lambdas/contracts/upload.ts';
import type { Client } from '../client.ts';
import { ingested } from '../landing.ts';
import { print, sessionOfCommand } from '../print.ts';
import { UsageError } from '../session.ts';

const ENDED = new Set(['handed-over', 'empty', 'refused', 'faulted']);

export type ExportOptions = {
  fhirServer: string;
  source: string;
  use: 'development' | 'external';
  group?: string;
  patient?: true;
  system?: true;
  type?: string;
  since?: string;
  credentials?: string;
};

/** The options of `data upload` that export from a server. */
export const withExportOptions = (upload: Command): Command =>
  upload
    .option('--fhir-server <url>', 'instead of files: export from this FHIR server (Bulk Data Access)')
    .option('--group <id>', 'with --fhir-server: the patients of this Group')
    .option('--patient', 'with --fhir-server: all patients (the default)')
    .option('--system', 'with --fhir-server: everything')
    .option('--type <types>', 'with --fhir-server: resource types, with commas between')
    .option('--since <time>', 'with --fhir-server: what changed since, 2026-01-01T00:00:00Z')
    .option('--credentials <name>', 'with --fhir-server: how to sign in, see `proband data fhir-server add`');

/** What is asked for; a mistake is one line that names the option. */
export const exportRequestOf = ({ fhirServer, source, use, group, patient, system, type, since, credentials }: ExportOptions): ExportRequest => {
  if ([group !== undefined, patient, system].filter(Boolean).length > 1) throw new UsageError('--group, --patient and --system: only one of them');
  return parsed(ExportRequest, {
    server: fhirServer,
    source,
    use,
    level: system ? 'system' : group === undefined ? 'patient' : 'group',
    ...(group === undefined ? {} : { group }),
    ...(type === undefined ? {} : { types: type.split(',') }),
    ...(since === undefined ? {} : { since }),
    ...(credentials === undefined ? {} : { credentials }),
  });
};

const OPTIONS: Record<string, string> = {
  server: '--fhir-server',
  group: '--group',
  types: '--type',
  since: '--since',
  credentials: '--credentials',
  source: '--source',
  use: '--use',
};

const parsed = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const [name, at] = path as [string | undefined, number | undefined];
  const given = name === undefined ? undefined : (value as Record<string, unknown>)[name];
  const shown = Array.isArray(given) ? given[at ?? 0] : given;
  const secret = name === 'token' || name === 'privateKey';
  throw new UsageError(
    [OPTIONS[name ?? ''] ?? `--${(name ?? '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, ...(secret || shown === undefined ? [] : [String(shown)])].join(' ') +
      `: ${message}`,
  );
};

/** Exports from a server and waits for what became of it; the upload is null where nothing was handed over. */
export const exportFromServer = async (client: Client, options: ExportOptions, progress: (text: string) => void): Promise<{ export: Export; upload: Upload | null }> => {
  const { exportId } = await client('createExport', { body: exportRequestOf(options) });
  for (;;) {
    const seen = await client('getExport', { params: { exportId } });
    if (ENDED.has(seen.status)) return { export: seen, upload: seen.uploadId === undefined ? null : await ingested(client, seen.uploadId, progress) };
    progress(`${seen.status}${seen.percent === undefined ? '' : ` ${seen.percent} %`}`);
    await new Promise((resume) => setTimeout(resume, 1000));
  }
};

type AddOptions = { url: string; auth: 'bearer' | 'smart'; token?: string; clientId?: string; key?: string; keyId?: string; scope?: string };

/** `proband data fhir-server add`, `proband data export-status`. */
export const fhirExport = (data: Command): void => {
  data
    .command('fhir-server')
    .description('FHIR servers to export from')
    .command('add <name>')
    .description('keep how to sign in at a FHIR server; its secret stays in Secrets Manager')
    .requiredOption('--url <url>', 'the server’s base address')
    .requiredOption('--auth <kind>', 'bearer, or smart (SMART Backend Services)')
    .option('--token <file>', 'with bearer: a file that holds the token')
    .option('--client-id <id>', 'with smart: under which the server knows this client')
    .option('--key <file>', 'with smart: the private key, PEM (PKCS #8) or JWK; EC P-384 or RSA')
    .option('--key-id <kid>', 'with smart: the key’s id in the registered JWKS')
    .option('--scope <scopes>', 'with smart: default system/*.rs, or system/*.read')
    .action(async (name: string, options: AddOptions, command: Command) => {
      const body = parsed(FhirServerRequest, serverOf(name, options));
      print(await sessionOfCommand(command).client('createFhirServer', { body }));
    });
  data
    .command('export-status <exportId>')
    .description('an export from a FHIR server')
    .action(async (exportId: string, _: unknown, command: Command) => print(await sessionOfCommand(command).client('getExport', { params: { exportId } })));
};

const serverOf = (name: string, { url, auth, token, clientId, key, keyId, scope }: AddOptions): unknown => {
  switch (auth) {
    case 'bearer':
      return { name, url, auth, token: secretIn(token, '--token') };
    case 'smart':
      if (clientId === undefined) throw new UsageError('--client-id is needed with --auth smart');
      return { name, url, auth, clientId, privateKey: secretIn(key, '--key'), ...(keyId ? { keyId } : {}), ...(scope ? { scope } : {}) };
    default:
      throw new UsageError(`--auth ${String(auth)}: allowed are bearer, smart`);
  }
};

const secretIn = (path: string | undefined, option: string): string => {
  if (path === undefined) throw new UsageError(`${option} FILE is needed`);
  try {
    return readFileSync(resolve(process.env['INIT_CWD'] ?? process.cwd(), path), 'utf8').trim();
  } catch {
    throw new UsageError(`${option} ${path}: no such file`);
  }
};
