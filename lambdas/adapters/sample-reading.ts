import { randomBytes } from 'node:crypto';
import { csvLines, textEncodingOf } from '../domain/lake/csv-records.ts';
import { draftMap } from '../domain/lake/draft-map.ts';
import { draftOdm } from '../domain/lake/draft-odm.ts';
import { parseSourceMap, type SourceMap } from '../domain/lake/formats.ts';
import { draftCgmMap } from '../domain/lake/formats/cgm/draft.ts';
import type { SetFile } from '../domain/lake/reading.ts';
import type { FileReading } from '../domain/lake/staged-set.ts';
import { UnfinishedError } from './set-files.ts';
import { stageSet } from './stage-set.ts';

/** One partition: nothing is kept, so nothing needs to be spread. */
const PARTITIONS = 1;

/** Reads the files as the ingest would, under a secret that nobody knows; what they make is left in the folder, for the caller to remove. */
export const checkSet = async (map: SourceMap, files: readonly SetFile[], folder: string): Promise<FileReading[]> =>
  (await stageSet(map, files, randomBytes(32), folder, PARTITIONS)).files;

const SAMPLED_LINES = 2000;

const firstLines = async ({ open }: SetFile): Promise<{ lines: string[]; encoding: string }> => {
  const read = async (encoding: string): Promise<string[]> => {
    const lines: string[] = [];
    for await (const some of csvLines(open(), encoding)) {
      lines.push(...some);
      if (lines.length > SAMPLED_LINES) break;
    }
    return lines.slice(0, SAMPLED_LINES + 1);
  };
  const encoding = await textEncodingOf(open);
  const lines = await read(encoding);
  // UTF-16 is told by its mark again when the file is read
  if (encoding !== 'utf-8') return { lines, encoding: 'utf-8' };
  return lines.some((line) => line.includes('\uFFFD')) ? { lines: await read('windows-1252'), encoding: 'windows-1252' } : { lines, encoding };
};

/** A draft of a source map from a sample file, to be edited; or why there is none. XML is ODM, or nothing that a map could be drafted from. */
export const draftFrom = async (name: string, file: SetFile): Promise<{ map: Record<string, unknown>; notes: string[] } | { problem: string }> => {
  try {
    const { lines, encoding } = await firstLines(file);
    const drafted = /^\s*</.test(lines[0] ?? '') ? await draftOdm(name, file) : (draftCgmMap(name, lines, encoding) ?? (await draftMap(name, lines, encoding)));
    if ('problem' in drafted) return drafted;
    parseSourceMap(name, drafted.map);
    return drafted as { map: Record<string, unknown>; notes: string[] };
  } catch (error) {
    if (error instanceof UnfinishedError) return { problem: error.message };
    throw error;
  }
};
