import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFile } from '../../../lambdas/adapters/set-files.ts';
import { stageSet } from '../../../lambdas/adapters/stage-set.ts';
import type { IngestReport } from '../../../lambdas/contracts/upload.ts';
import { reportOf } from '../../../lambdas/domain/lake/ingest-report.ts';
import type { Finding } from '../../../lambdas/domain/lake/reading.ts';
import { findSource } from '../../../lambdas/domain/lake/sources.ts';
import type { FileReading } from '../../../lambdas/domain/lake/staged-set.ts';
import { type FlatRow, readStaged } from './staged-rows.ts';

export const SECRET = Buffer.alloc(32, 11);
export const PARTITIONS = 4;

export type Quarantined = { file: number; where: string; findings: Finding[]; text: string };
export type Ingested = { report: IngestReport; readings: FileReading[]; rows: { partition: number; row: FlatRow }[]; quarantined: Quarantined[] };

const linesOf = <T>(path: string): T[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

/** Reads files of a source as the step does; a path or the content of each. */
export const ingestFiles = async (source: string, contents: readonly (string | Buffer | { path: string })[], secret: Uint8Array = SECRET): Promise<Ingested> => {
  const folder = mkdtempSync(join(tmpdir(), 'ingest-test-'));
  try {
    const files = contents.map((content, index) => {
      const path = join(folder, `input-${index}`);
      const bytes = typeof content === 'object' && 'path' in content ? readFileSync(content.path) : Buffer.from(content as string);
      writeFileSync(path, bytes);
      return setFile(index, path, bytes.length);
    });
    const { files: readings, partitions, quarantine, sites } = await stageSet(findSource(source)!, files, secret, folder, PARTITIONS);
    const rows: Ingested['rows'] = [];
    for (const { partition, path } of partitions) for (const row of await readStaged(path)) rows.push({ partition, row });
    return {
      report: reportOf(readings, sites),
      readings,
      rows,
      quarantined: linesOf<Quarantined>(quarantine),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

export const ingestFile = (content: string | Buffer | { path: string }, secret?: Uint8Array): Promise<Ingested> => ingestFiles('iwpc', [content], secret);
