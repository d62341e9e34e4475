import type { CheckedFile } from '../../contracts/sample.ts';
import { TOLD_FINDINGS, type FileReading, type ToldReading } from './staged-set.ts';

/** What a dry run says of one file. A file that is refused whole has one finding, against itself. */
export const checkedFile = (file: string, reading: FileReading | ToldReading): CheckedFile => {
  const { read, admitted, deleted, quarantinedRecords, rows, calls } = reading;
  return {
    file,
    read,
    admitted,
    ...(deleted > 0 ? { deleted } : {}),
    quarantined: findingsOf(reading),
    ...(quarantinedRecords > TOLD_FINDINGS ? { quarantinedRecords } : {}),
    rows: rows as Record<string, number>,
    ...(calls ? { calls: [...calls] } : {}),
  };
};

const findingsOf = ({ refused, quarantined }: FileReading | ToldReading): CheckedFile['quarantined'] =>
  refused
    ? [{ where: 'file', field: null, reason: refused.reason, detail: refused.detail }]
    : quarantined.flatMap(({ where, findings }) => findings.map(({ field, reason }) => ({ where, field, reason })));

/** So many findings and calls of all files together: a function answers 6 MB at most. */
const MOST_TOLD = 20_000;

/** The files' first findings and calls, as many as one answer holds. */
export const withinAnswer = (files: readonly CheckedFile[], quarantinedRecords: readonly number[], most = MOST_TOLD): CheckedFile[] => {
  let left = most;
  const first = <T>(list: readonly T[]): T[] => {
    const told = list.slice(0, left);
    left -= told.length;
    return told;
  };
  return files.map((file, index) => {
    const quarantined = first(file.quarantined);
    const cut = quarantined.length < file.quarantined.length ? { quarantinedRecords: quarantinedRecords[index]! } : {};
    return { ...file, quarantined, ...cut, ...(file.calls ? { calls: first(file.calls) } : {}) };
  });
};
