import { existsSync } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FileTally } from '../domain/lake/file-tally.ts';
import { Identifier, type StagedRow, ownCells } from '../domain/lake/identify.ts';
import { partitionOf } from '../domain/lake/pseudonym.ts';
import { type Reader, type Refusal, type SetFile, type Unit, eachUnit } from '../domain/lake/reading.ts';
import type { FileReading, StagedSet } from '../domain/lake/staged-set.ts';
import { GrowingFile } from './scratch.ts';
import { StagedFiles, append, stagedFiles } from './staged-files.ts';
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
  const quarantine = join(folder, 'quarantine.ndjson');
  for (const path of [quarantine, ...stagedFiles(folder, partitions).map((staged) => staged.path)]) await rm(path, { force: true });
  const readings: FileReading[] = [];
  const sites = new Set<string>();
  for (const file of files) {
    const attempt = new FileAttempt(file, folder, partitions, identifier);
    try {
      if (file.bytes === 0) attempt.tally.refuse({ file: file.index, refused: 'empty', detail: 'the file is empty' });
      else
        for await (const units of read([file], map))
          for (const unit of eachUnit(units)) {
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
    await attempt.end(reading.refused ? null : quarantine);
  }
  if (!existsSync(quarantine)) await appendFile(quarantine, '');
  return { files: readings, partitions: stagedFiles(folder, partitions), quarantine, sites: [...sites].sort(inNaturalOrder) };
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
  readonly #partitions: number;
  readonly #staged: StagedFiles;
  readonly #quarantine: { path: string; rows: GrowingFile };
  readonly #waiting: Promise<void>[] = [];

  constructor(file: SetFile, folder: string, partitions: number, identifier: Identifier) {
    this.tally = new FileTally(file.index);
    this.#identifier = identifier;
    this.#partitions = partitions;
    this.#staged = new StagedFiles(folder, partitions);
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
        const row: StagedRow = { table: 'deletion', record_key: this.#identifier.recordKey(record), source_location: unit.where, own: ownCells({}), values: {} };
        for (let partition = 0; partition < this.#partitions; partition++) this.#write(partition, row);
      }
      return this.#full();
    }
    const rows = this.#identifier.rows(unit.drafts, unit.where);
    this.tally.admit(rows);
    for (const row of rows) {
      if (row.table === 'care_site') sites.add(String(row.values['care_site_source_value'] ?? ''));
      this.#write(partitionOf(row.own.person_id ?? row.own.care_site_id ?? 0, this.#partitions), row);
    }
    this.#writeRecords(unit, rows);
    return this.#full();
  }

  /** A row of a person says already whose record it is of; of others a row of their own does. */
  #writeRecords({ drafts, record, where }: Extract<Unit, { drafts: unknown }>, rows: readonly StagedRow[]): void {
    if (record === undefined && rows.every(({ own }) => own.person_id !== null)) return;
    const person = rows.find(({ own }) => own.person_id !== null)?.own.person_id ?? null;
    const told = new Set<string>();
    const names = new Set<string>();
    for (const [place, draft] of drafts.entries()) (rows[place]!.own.person_id === null ? names : told).add(draft.record);
    if (record) names.add(record);
    for (const name of names) {
      if (told.has(name)) continue;
      const recordKey = this.#identifier.recordKey(name);
      const row: StagedRow = { table: 'record', record_key: recordKey, source_location: where, own: ownCells({ person_id: person }), values: {} };
      this.#write(partitionOf(person ?? Number.parseInt(recordKey.slice(0, 12), 16), this.#partitions), row);
    }
  }

  #write(partition: number, row: StagedRow): void {
    const full = this.#staged.write(partition, row);
    if (full) this.#waiting.push(full);
  }

  #full(): Promise<unknown> | undefined {
    return this.#waiting.length > 0 ? Promise.all(this.#waiting.splice(0)) : undefined;
  }

  /** Appends to the set's files, or drops all. */
  async end(quarantine: string | null): Promise<void> {
    await this.#staged.end(quarantine !== null);
    await this.#quarantine.rows.close();
    if (quarantine) await append(this.#quarantine.path, quarantine);
    else await rm(this.#quarantine.path);
  }
}
