import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { SourceName } from '../../lambdas/contracts/upload.ts';
import { checkSet, draftFrom } from '../../lambdas/adapters/sample-reading.ts';
import { setFile } from '../../lambdas/adapters/set-files.ts';
import { type SourceMap, parseSourceMap } from '../../lambdas/domain/lake/formats.ts';
import { checkedFile } from '../../lambdas/domain/lake/checked-file.ts';
import type { SetFile } from '../../lambdas/domain/lake/reading.ts';
import { findSource, sourceNames } from '../../lambdas/domain/lake/sources.ts';
import { type FileReading, TOLD_FINDINGS } from '../../lambdas/domain/lake/staged-set.ts';
import { filesBelow } from '../landing.ts';
import { print } from '../print.ts';
import { UsageError } from '../session.ts';
import { withProgress } from '../terminal.ts';

const SHOWN = 20;

/** A shipped source by its name, or a map that is still being written, by its file. */
const mapOf = async (name: string): Promise<SourceMap> => {
  const shipped = findSource(name);
  if (shipped) return shipped;
  if (!name.endsWith('.json')) throw new UsageError(`--source ${name}: allowed are ${sourceNames().join(', ')}, or the path of a source map (*.json)`);
  const path = resolve(process.env['INIT_CWD'] ?? process.cwd(), name);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--source ${name}: ${error.code === 'ENOENT' ? 'no such file' : 'cannot be read'}`);
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
    return await checkSet(map, files, folder);
  } finally {
    clearInterval(telling);
    await rm(folder, { recursive: true, force: true });
  }
};

const asDocument = (paths: readonly string[], readings: readonly FileReading[]) => ({
  files: readings.map((reading) => checkedFile(relative(process.env['INIT_CWD'] ?? process.cwd(), paths[reading.file]!), reading)),
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
    .requiredOption('--name <name>', 'the new source: 2 to 41 lower-case letters, digits and dashes, a letter first')
    .option('--out <path>', 'where the draft is written; default config/sources/<name>.json below the folder you are in')
    .action(async (file: string, options: { name: string; out?: string }) => {
      const named = SourceName.safeParse(options.name);
      if (!named.success) throw new UsageError(`--name ${options.name}: ${named.error.issues[0]!.message}`);
      const [path] = await filesBelow([file]);
      const draft = await draftFrom(options.name, setFile(0, path!, (await stat(path!)).size, path!));
      if ('problem' in draft) throw new UsageError(`${file}: ${draft.problem}`);
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
