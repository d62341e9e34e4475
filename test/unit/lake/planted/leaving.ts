import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { extensionOf } from '../../../../cli/landing.ts';
import { curate } from '../../../../lambdas/adapters/curation.ts';
import { literal, withDuckDb } from '../../../../lambdas/adapters/duckdb.ts';
import { setFile } from '../../../../lambdas/adapters/set-files.ts';
import { stageSet } from '../../../../lambdas/adapters/stage-set.ts';
import { IngestReport } from '../../../../lambdas/contracts/upload.ts';
import { OLDEST_YEARS, safeHarborShiftDays } from '../../../../lambdas/domain/lake/deidentified-date.ts';
import { isDated } from '../../../../lambdas/domain/lake/formats.ts';
import { nothingAdmitted, reportOf, withCounts } from '../../../../lambdas/domain/lake/ingest-report.ts';
import { termsOf } from '../../../../lambdas/domain/lake/source-terms.ts';
import { findSource } from '../../../../lambdas/domain/lake/sources.ts';
import { withoutSamples } from '../../../../lambdas/domain/lake/staged-set.ts';
import { ROOT } from '../../../../local/cloud/processes.ts';
import { PARTITIONS, SECRET } from '../ingest-file.ts';
import type { PlantedFile } from './identifiers.ts';

/** Everything of an ingest that leaves the landing zone, and what it was made of. */
export type Leaving = {
  /** curated rows of every table, as they are read back from Parquet */
  rows: Record<string, Record<string, unknown>[]>;
  /** what each branch leaves in the lake of its reading */
  readings: unknown;
  /** what the API answers of the upload: its report, why it was refused, the files' endings */
  answer: { report: IngestReport; detail: string | null; extensions: (string | undefined)[] };
  /** `source check --json`, but for the two things that it names to whom they belong: files and samples */
  check: unknown;
  /** what the process said meanwhile, faults included */
  said: string;
  /** stays behind: the source's own text of what was left out */
  quarantine: string;
};

/** The process's own output belongs to the test runner; code logs by the console. */
const listening = async <T>(work: () => Promise<T>): Promise<{ result: T; said: string }> => {
  const said: unknown[] = [];
  const methods = (['debug', 'info', 'log', 'warn', 'error'] as const).map((name) => mock.method(console, name, (...words: unknown[]) => void said.push(words)));
  try {
    return { result: await work(), said: JSON.stringify(said) };
  } finally {
    for (const method of methods) method.mock.restore();
  }
};

const checked = (source: string, paths: readonly string[]): { check: unknown; said: string } => {
  const { stdout, stderr } = spawnSync(process.execPath, ['cli/main.ts', 'source', 'check', ...paths, '--source', source, '--json'], { cwd: ROOT, encoding: 'utf8' });
  const { files } = JSON.parse(stdout) as { files: { file: string; calls?: { sample: string }[] }[] };
  return { check: files.map(({ file: _, calls, ...each }) => ({ ...each, calls: calls?.map(({ sample: __, ...call }) => call) })), said: stderr };
};

export const leaving = async (source: string, planted: readonly PlantedFile[]): Promise<Leaving> => {
  const folder = mkdtempSync(join(tmpdir(), 'planted-'));
  const work = join(folder, 'work');
  mkdirSync(work);
  try {
    const paths = planted.map(({ name, content }, index) => {
      mkdirSync(join(folder, String(index)));
      const path = join(folder, String(index), name);
      writeFileSync(path, content);
      return path;
    });
    const { result, said } = await listening(() => ingested(source, paths, work));
    const { check, said: further } = checked(source, paths);
    return { ...result, check, said: said + further };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const ingested = async (source: string, paths: readonly string[], work: string): Promise<Omit<Leaving, 'check' | 'said'>> => {
  const map = findSource(source)!;
  const extensions = paths.map(extensionOf);
  const files = paths.map((path, index) => setFile(index, path, readFileSync(path).length, `.${extensions[index] ?? ''}`));
  const { files: read, partitions, quarantine, sites } = await stageSet(map, files, SECRET, work, PARTITIONS);
  const readings = read.map(withoutSamples);
  const rows: Leaving['rows'] = {};
  const counts = [];
  for (const { path } of partitions) {
    const shifts = isDated(map)
      ? async (days: readonly { personId: number; date: string }[]) => new Map(days.map(({ personId, date }) => [personId, safeHarborShiftDays(date)]))
      : null;
    counts.push(
      await curate({ staged: [path], earlier: [], folder: work, shifts, oldestYears: OLDEST_YEARS, terms: termsOf(map, SECRET) }, async ({ table, content }) => {
        const parquet = join(work, 'read-back.parquet');
        writeFileSync(parquet, content);
        const found = await withDuckDb(async (connection) => (await connection.runAndReadAll(`FROM read_parquet(${literal(parquet)})`)).getRowObjectsJson());
        rows[table] = [...(rows[table] ?? []), ...(found as Record<string, unknown>[])];
      }),
    );
  }
  const report = IngestReport.parse(withCounts(reportOf(readings, sites), counts));
  return { rows, readings: { readings, sites }, answer: { report, detail: nothingAdmitted(readings), extensions }, quarantine: readFileSync(quarantine, 'utf8') };
};
