import type { IngestReport } from '../../contracts/upload.ts';
import type { ToldReading } from './staged-set.ts';

const EXAMPLES = 3;

/** One report of all files. `first` is the place in the set of the group's first file. */
export const reportOf = (readings: readonly ToldReading[], sites: readonly string[]): IngestReport => {
  const sum = (of: (reading: ToldReading) => number) => readings.reduce((total, reading) => total + of(reading), 0);
  const reasons = new Map<string, IngestReport['quarantined'][number]>();
  const rows: Record<string, number> = {};
  const calls: Record<string, number> = {};
  const where = (file: number, place: string) => (readings.length > 1 ? `file ${file + 1} ${place}` : place);
  for (const reading of readings) {
    for (const { reason, field, count } of reading.reasons) {
      const key = `${reason} ${field ?? ''}`;
      const entry = reasons.get(key) ?? { reason, ...(field === null ? {} : { column: field }), count: 0, examples: [] };
      entry.count += count;
      reasons.set(key, entry);
    }
    for (const { where: place, findings } of reading.quarantined) {
      for (const { reason, field } of findings) {
        const { examples } = reasons.get(`${reason} ${field ?? ''}`)!;
        if (examples!.length < EXAMPLES) examples!.push(where(reading.file, place));
      }
    }
    for (const [table, count] of Object.entries(reading.rows)) rows[table] = (rows[table] ?? 0) + count;
    for (const { outcome } of reading.calls ?? []) calls[outcome] = (calls[outcome] ?? 0) + 1;
  }
  const refused = readings.flatMap(({ file, refused: why }) => (why ? [{ file: file + 1, ...why }] : []));
  return {
    read: sum(({ read }) => read),
    admitted: sum(({ admitted }) => admitted),
    quarantinedRows: sum(({ quarantinedRecords }) => quarantinedRecords),
    quarantined: [...reasons.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
    rows: Object.fromEntries(Object.entries(rows).sort(([a], [b]) => (a < b ? -1 : 1))),
    patients: 0,
    sites: [...new Set(sites)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })),
    files: readings.length,
    ...(refused.length > 0 ? { filesRefused: refused } : {}),
    deleted: sum(({ deleted }) => deleted),
    ...(Object.keys(calls).length > 0 ? { calls } : {}),
  };
};

/** What only the curated partitions know. */
export const withCounts = (report: IngestReport, partitions: readonly { superseded: number; patients: number }[]): IngestReport => ({
  ...report,
  patients: partitions.reduce((total, { patients }) => total + patients, 0),
  superseded: partitions.reduce((total, { superseded }) => total + superseded, 0),
});

/** Why nothing of an upload was taken in, or null: something was. */
export const nothingAdmitted = (readings: readonly ToldReading[]): string | null => {
  if (readings.some(({ admitted, deleted }) => admitted + deleted > 0)) return null;
  const [only] = readings;
  if (readings.length === 1 && only!.refused) return only!.refused.detail;
  const refused = readings.filter((reading) => reading.refused).length;
  const read = readings.reduce((total, reading) => total + reading.read, 0);
  return refused === readings.length
    ? `each of the ${refused} files was refused; the first: ${only!.refused!.detail}`
    : `none of the ${read} records that were read could be admitted`;
};
