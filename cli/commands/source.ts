import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { setFile } from '../../lambdas/adapters/set-files.ts';
import { stageSet } from '../../lambdas/adapters/stage-set.ts';
import { type SourceMap, parseSourceMap } from '../../lambdas/domain/lake/formats.ts';
import { csvLines, textEncodingOf } from '../../lambdas/domain/lake/csv-records.ts';
import { draftMap } from '../../lambdas/domain/lake/draft-map.ts';
import { draftOdm } from '../../lambdas/domain/lake/draft-odm.ts';
import { draftCgmMap } from '../../lambdas/domain/lake/formats/cgm/draft.ts';
import type { SetFile } from '../../lambdas/domain/lake/reading.ts';
import { findSource, sourceNames } from '../../lambdas/domain/lake/sources.ts';
import { type FileReading, TOLD_FINDINGS } from '../../lambdas/domain/lake/staged-set.ts';
import { filesBelow } from '../landing.ts';
import { print } from '../print.ts';
import { UsageError } from '../session.ts';
import { withProgress } from '../terminal.ts';

const SAMPLED_LINES = 2000;

const firstLines = async (path: string): Promise<{ lines: string[]; encoding: string }> => {
  const { open } = setFile(0, path, (await stat(path)).size);
  const read = async (encoding: string): Promise<string[]> => {
    const lines: string[] = [];
    for await (const batch of csvLines(open(), encoding)) {
      lines.push(...batch.slice(0, SAMPLED_LINES + 1 - lines.length));
      if (lines.length > SAMPLED_LINES) break;
    }
    return lines;
  };
  const encoding = await textEncodingOf(open);
  const lines = await read(encoding);
  // UTF-16 is told by its mark again when the file is read
  if (encoding !== 'utf-8') return { lines, encoding: 'utf-8' };
  return lines.some((line) => line.includes('\uFFFD')) ? { lines: await read('windows-1252'), encoding: 'windows-1252' } : { lines, encoding };
};

/** XML is ODM, or nothing that a map could be drafted from. */
const draftOf = async (name: string, path: string): Promise<ReturnType<typeof draftMap>> => {
  const { lines, encoding } = await firstLines(path);
  if (/^\s*</.test(lines[0] ?? '')) return draftOdm(name, setFile(0, path, (await stat(path)).size, path));
  return draftCgmMap(name, lines, encoding) ?? draftMap(name, lines, encoding);
};

/** One partition: nothing is written, so nothing needs to be spread. */
const PARTITIONS = 1;
const SHOWN = 20;

/** A shipped source by its name, or a map that is still being written, by its file. */
const mapOf = async (name: string): Promise<SourceMap> => {
  const shipped = findSource(name);
  if (shipped) return shipped;
  if (!name.endsWith('.json')) throw new UsageError(`--source ${name}: allowed are ${sourceNames().join(', ')}, or the path of a source map (*.json)`);
  const path = resolve(process.env['INIT_CWD'] ?? process.cwd(), name);
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`--source ${name}: no such file`);
  });
  try {
    return parseSourceMap(name, JSON.parse(text));
  } catch (error) {
    throw new UsageError(error instanceof SyntaxError ? `${name}: is not JSON: ${error.message}` : (error as Error).message);
  }
};

/** Reads the files as the ingest would, on this machine alone; what they make is thrown away. */
const check = async (map: SourceMap, paths: readonly string[], tell: (text: string) => void): Promise<FileReading[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'proband-check-'));
  const files: SetFile[] = [];
  for (const [index, path] of paths.entries()) files.push(setFile(index, path, (await stat(path)).size, path));
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  const started = performance.now();
  const telling = setInterval(
    () => tell(`reading ${files.length} ${files.length === 1 ? 'file' : 'files'}, ${megabytes.toFixed(1)} MB: ${((performance.now() - started) / 1e3).toFixed(0)} s`),
    1000,
  );
  try {
    return (await stageSet(map, files, randomBytes(32), folder, PARTITIONS)).files;
  } finally {
    clearInterval(telling);
    await rm(folder, { recursive: true, force: true });
  }
};

/** A file that is refused whole has one finding, against itself. */
const findingsOf = ({ refused, quarantined }: FileReading): { where: string; field: string | null; reason: string; detail?: string }[] =>
  refused
    ? [{ where: 'file', field: null, reason: refused.reason, detail: refused.detail }]
    : quarantined.flatMap(({ where, findings }) => findings.map(({ field, reason }) => ({ where, field, reason })));

const asDocument = (paths: readonly string[], readings: readonly FileReading[]) => ({
  files: readings.map((reading) => ({
    file: relative(process.env['INIT_CWD'] ?? process.cwd(), paths[reading.file]!),
    read: reading.read,
    admitted: reading.admitted,
    ...(reading.deleted > 0 ? { deleted: reading.deleted } : {}),
    quarantined: findingsOf(reading),
    // where the list above is cut off
    ...(reading.quarantinedRecords > TOLD_FINDINGS ? { quarantinedRecords: reading.quarantinedRecords } : {}),
    rows: reading.rows,
    ...(reading.calls ? { calls: reading.calls } : {}),
  })),
});

const show = ({ files }: ReturnType<typeof asDocument>, readings: readonly FileReading[]): void => {
  for (const [index, { file, read, admitted, deleted, quarantined, rows, calls }] of files.entries()) {
    const { refused, quarantinedRecords } = readings[index]!;
    console.log(`${file}: ${refused ? 'refused' : `${read} read, ${admitted} admitted, ${deleted ? `${deleted} deleted, ` : ''}${quarantinedRecords} left out`}`);
    for (const [table, count] of Object.entries(rows)) console.log(`  ${table.padEnd(22)} ${count}`);
    for (const { sample, gene, diplotype, outcome } of calls ?? []) console.log(`  ${sample} ${gene}: ${diplotype ?? '-'} (${outcome})`);
    for (const { where, field, reason, detail } of quarantined.slice(0, SHOWN)) console.log(`  ${where}${field ? `, ${field}` : ''}: ${reason}${detail ? `: ${detail}` : ''}`);
    if (quarantined.length > SHOWN)
      console.log(`  … and ${quarantined.length - SHOWN} more: --json lists ${quarantinedRecords > TOLD_FINDINGS ? `the first ${TOLD_FINDINGS}` : 'them all'}`);
  }
};

export const source = (program: Command): void => {
  const noun = program.command('source').description('source maps: how a kind of file is read');
  noun
    .command('new <file>')
    .description('a draft of a source map from a sample CSV or ODM file: columns, types, units, likely concepts; to be edited, then tried with `source check`')
    .requiredOption('--name <name>', 'the new source: lower-case letters, digits and dashes')
    .option('--out <path>', 'where the draft is written; default config/sources/<name>.json below the folder you are in')
    .action(async (file: string, options: { name: string; out?: string }) => {
      if (!/^[a-z][a-z0-9-]{1,40}$/.test(options.name)) throw new UsageError(`--name ${options.name}: must be lower-case letters, digits and dashes`);
      const [path] = await filesBelow([file]);
      const draft = await draftOf(options.name, path!);
      if ('problem' in draft) throw new UsageError(`${file}: ${draft.problem}`);
      parseSourceMap(options.name, draft.map);
      const out = resolve(process.env['INIT_CWD'] ?? process.cwd(), options.out ?? join('config', 'sources', `${options.name}.json`));
      await writeFile(out, `${JSON.stringify(draft.map, null, 2)}\n`, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
        throw new UsageError(`${out}: ${error.code === 'EEXIST' ? 'is there already: name another with --out' : 'cannot be written; does its folder exist?'}`);
      });
      for (const note of draft.notes) console.log(note);
      console.log(`\nwritten to ${out}: edit it, then: proband source check ${file} --source ${out}`);
    });
  noun
    .command('check <files...>')
    .description('dry run on this machine, without the cloud: what would be admitted, what left out and why; ends with 1 where a file is refused')
    .requiredOption('--source <name>', 'a shipped source, or the path of a source map')
    .option('--json', 'one JSON document')
    .action(async (files: string[], options: { source: string; json?: boolean }) => {
      const map = await mapOf(options.source);
      const paths = await filesBelow(files);
      if (paths.length === 0) throw new UsageError('there is no file in what was named');
      const readings = await withProgress((tell) => check(map, paths, tell));
      const document = asDocument(paths, readings);
      if (options.json) print(document);
      else show(document, readings);
      if (readings.some(({ refused }) => refused)) process.exitCode = 1;
    });
};
