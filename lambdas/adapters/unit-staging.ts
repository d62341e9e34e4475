import { appendFile, copyFile, rm } from 'node:fs/promises';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FileTally } from '../domain/lake/file-tally.ts';
import { Identifier, type StagedRow } from '../domain/lake/identify.ts';
import { partitionOf } from '../domain/lake/pseudonym.ts';
import type { Reader, Refusal, SetFile, Unit } from '../domain/lake/reading.ts';
import type { FileReading, StagedSet } from '../domain/lake/staged-set.ts';
import { GrowingFile } from './scratch.ts';
import { UnfinishedError } from './set-files.ts';

/** For files that refer to one another: all are looked through before the first is read. */
export type ReaderOfSet<M> = { prepare: (files: readonly SetFile[], map: M) => Promise<Reader<M>> };

export type Staging = { secret: Uint8Array; namespace: string; folder: string; partitions: number };

/**
 * Runs a reader over each file of a set and stages what it makes. What a file made is kept only once the file was read to its end: a file
 * that is refused half-way leaves nothing.
 */
export const stageUnits = async <M>(
  reader: Reader<M> | ReaderOfSet<M>,
  files: readonly SetFile[],
  map: M,
  { secret, namespace, folder, partitions }: Staging,
  identifier = new Identifier(secret, namespace),
): Promise<StagedSet> => {
  const read =
    'prepare' in reader
      ? await reader.prepare(
          files.filter(({ bytes }) => bytes > 0),
          map,
        )
      : reader;
  const staged = Array.from({ length: partitions }, (_, partition) => ({ partition, path: join(folder, `staged-${partition}.ndjson.gz`) }));
  const quarantine = join(folder, 'quarantine.ndjson');
  for (const { path } of [...staged, { path: quarantine }]) await rm(path, { force: true });
  const readings: FileReading[] = [];
  const sites = new Set<string>();
  for (const file of files) {
    const attempt = new FileAttempt(file, folder, partitions, identifier);
    try {
      if (file.bytes === 0) attempt.tally.refuse({ file: file.index, refused: 'empty', detail: 'the file is empty' });
      else
        for await (const unit of read([file], map)) {
          // a promise only where a disk is slower: awaiting for each of millions of rows costs more than the rows
          const full = attempt.take(unit, sites);
          if (full) await full;
        }
    } catch (error) {
      if (!(error instanceof UnfinishedError)) throw error;
      attempt.tally.refuse({ file: file.index, refused: error.refused, detail: error.message });
    }
    const reading = attempt.tally.reading();
    readings.push(reading.refused ? emptied(reading) : reading);
    await attempt.end(reading.refused ? null : { staged: staged.map(({ path }) => path), quarantine });
  }
  if (!existsSync(quarantine)) await appendFile(quarantine, '');
  return { files: readings, partitions: staged.filter(({ path }) => existsSync(path)), quarantine, sites: [...sites].sort(inNaturalOrder) };
};

/** Of a refused file nothing is admitted, so nothing of it is counted. */
const emptied = ({ file, refused }: FileReading): FileReading => ({
  file,
  read: 0,
  admitted: 0,
  deleted: 0,
  quarantinedRecords: 0,
  quarantined: [],
  reasons: [],
  rows: {},
  refused: refused!,
});

const inNaturalOrder = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** What one file makes, kept apart until the file ends well. */
class FileAttempt {
  readonly tally: FileTally;
  readonly #identifier: Identifier;
  readonly #partitions: { path: string; rows: GrowingFile; count: number }[];
  readonly #quarantine: { path: string; rows: GrowingFile };
  readonly #waiting: Promise<void>[] = [];

  constructor(file: SetFile, folder: string, partitions: number, identifier: Identifier) {
    this.tally = new FileTally(file.index);
    this.#identifier = identifier;
    this.#partitions = Array.from({ length: partitions }, (_, partition) => {
      const path = join(folder, `file-${partition}.ndjson.gz`);
      return { path, rows: new GrowingFile(path, 'gzip'), count: 0 };
    });
    const path = join(folder, 'file-quarantine.ndjson');
    this.#quarantine = { path, rows: new GrowingFile(path) };
  }

  /** Answers what is to be waited for, if anything. */
  take(unit: Unit | Refusal, sites: Set<string>): Promise<unknown> | undefined {
    if ('refused' in unit) {
      this.tally.refuse(unit);
      return;
    }
    if (unit.call) this.tally.call(unit.call);
    if ('findings' in unit) {
      this.tally.leaveOut(unit.where, unit.findings);
      const { file, where, findings, text } = unit;
      return this.#quarantine.rows.write(`${JSON.stringify({ file, where, findings, text })}\n`) ?? undefined;
    }
    if ('deleted' in unit) {
      this.tally.delete();
      for (const { record } of unit.deleted) {
        const row: StagedRow = { table: 'deletion', record_key: this.#identifier.recordKey(record), source_location: unit.where };
        for (const partition of this.#partitions.keys()) this.#write(partition, row);
      }
      return this.#full();
    }
    const rows = this.#identifier.rows(unit.drafts, unit.where);
    this.tally.admit(rows);
    const person = rows.find((row) => row['person_id'] !== undefined)?.['person_id'] as number | undefined;
    for (const row of rows) {
      if (row.table === 'care_site') sites.add(String(row['care_site_source_value'] ?? ''));
      const home = row['person_id'] ?? row['care_site_id'] ?? 0;
      this.#write(partitionOf(Number(home), this.#partitions.length), row);
    }
    // a row of the person says already whose record it is of
    const told = new Set(unit.drafts.flatMap(({ record }, place) => (rows[place]!['person_id'] === undefined ? [] : [record])));
    for (const record of new Set([...unit.drafts.map((draft) => draft.record), ...(unit.record ? [unit.record] : [])])) {
      if (told.has(record)) continue;
      const recordKey = this.#identifier.recordKey(record);
      const row: StagedRow = { table: 'record', record_key: recordKey, source_location: unit.where, ...(person === undefined ? {} : { person_id: person }) };
      this.#write(partitionOf(person ?? Number.parseInt(recordKey.slice(0, 12), 16), this.#partitions.length), row);
    }
    return this.#full();
  }

  #write(partition: number, row: StagedRow): void {
    const home = this.#partitions[partition]!;
    home.count += 1;
    const full = home.rows.write(`${JSON.stringify(row)}\n`);
    if (full) this.#waiting.push(full);
  }

  #full(): Promise<unknown> | undefined {
    return this.#waiting.length > 0 ? Promise.all(this.#waiting.splice(0)) : undefined;
  }

  /** Appends to the set's files, or drops all. Gzip files may be joined end to end (RFC 1952, 2.2). */
  async end(into: { staged: readonly string[]; quarantine: string } | null): Promise<void> {
    for (const [partition, { path, rows, count }] of this.#partitions.entries()) {
      await rows.close();
      if (into && count > 0) await append(path, into.staged[partition]!);
      await rm(path);
    }
    await this.#quarantine.rows.close();
    if (into) await append(this.#quarantine.path, into.quarantine);
    await rm(this.#quarantine.path);
  }
}

const append = async (from: string, to: string): Promise<void> => {
  if (!existsSync(to)) return copyFile(from, to);
  await pipeline(createReadStream(from), createWriteStream(to, { flags: 'a' }));
};
