import { readFileSync } from 'node:fs';
import { setFile } from '../../../lambdas/adapters/set-files.ts';
import { type Draft, type Finding, type Reader, type Refusal, type SetFile, type Unit, eachUnit } from '../../../lambdas/domain/lake/reading.ts';

export const FIXTURES = new URL('../../fixtures/', import.meta.url).pathname;

/** Files of a set as the ingest opens them. */
export const setOf = (paths: readonly string[]): SetFile[] => paths.map((path, index) => setFile(index, path, readFileSync(path).length, path));

/** A file of a set in memory. */
export const memoryFile = (content: string | Buffer, index = 0): SetFile => {
  const bytes = Buffer.from(content as string);
  return {
    index,
    path: '',
    extension: '',
    bytes: bytes.length,
    // odd pieces, so that no reader may count on where a chunk ends
    open: async function* () {
      for (let at = 0; at < bytes.length; at += 61) yield bytes.subarray(at, at + 61);
    },
  };
};

export type ReadFile = { drafts: Draft[]; admitted: number; leftOut: Record<string, Finding[]>; refused: Refusal | null };

/** Reads each file of a set as the ingest does: all are looked through first, then one after the other. */
export const readSet = async <M>(reader: { prepare: (files: readonly SetFile[], map: M) => Promise<Reader<M>> }, files: readonly SetFile[], map: M): Promise<ReadFile[]> => {
  const read = await reader.prepare(files, map);
  const results: ReadFile[] = [];
  for (const file of files) {
    const result: ReadFile = { drafts: [], admitted: 0, leftOut: {}, refused: null };
    for await (const units of read([file], map)) for (const unit of eachUnit(units)) note(result, unit);
    results.push(result);
  }
  return results;
};

const note = (result: ReadFile, unit: Unit | Refusal): void => {
  if ('refused' in unit) result.refused = unit;
  else if ('findings' in unit) result.leftOut[unit.where] = unit.findings;
  else if ('drafts' in unit) {
    result.admitted += 1;
    result.drafts.push(...unit.drafts);
  }
};

/** `SEX unknown-code`, by place. */
export const told = ({ leftOut }: ReadFile): Record<string, string> =>
  Object.fromEntries(Object.entries(leftOut).map(([where, findings]) => [where, findings.map(({ field, reason }) => `${field ?? 'record'} ${reason}`).join(', ')]));

export const rowsOf = <T extends Draft['table']>(drafts: readonly Draft[], table: T): Draft<T>[] => drafts.filter((draft) => draft.table === table) as Draft<T>[];

export const countByTable = (drafts: readonly Draft[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { table } of drafts) counts[table] = (counts[table] ?? 0) + 1;
  return counts;
};
