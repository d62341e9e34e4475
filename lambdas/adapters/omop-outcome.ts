import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { RefusalReason } from '../../config/catalog/quarantine-reasons.ts';
import type { OmopTable } from '../domain/lake/omop-tables.ts';
import type { Finding } from '../domain/lake/reading.ts';
import { type FileReading, TOLD_FINDINGS } from '../domain/lake/staged-set.ts';
import { GrowingFile } from './scratch.ts';

export type Refused = { reason: RefusalReason; detail: string };

/** What comes of one file of a CDM. Rows that are left out lie apart until the file is known to be good. */
export class FileOutcome {
  readonly #reading: FileReading;
  readonly path: string;
  #quarantine: GrowingFile | null = null;

  constructor(file: number, folder: string) {
    this.#reading = { file, read: 0, admitted: 0, deleted: 0, quarantinedRecords: 0, quarantined: [], reasons: [], rows: {} };
    this.path = join(folder, `quarantine-${file}.ndjson`);
  }

  refuse(refused: Refused): void {
    this.#reading.refused = refused;
  }

  admit(table: OmopTable | null, rows: number): void {
    this.#reading.admitted += rows;
    if (table && rows > 0) this.#reading.rows[table] = rows;
  }

  async leaveOut(row: number, findings: Finding[], text: string): Promise<void> {
    const reading = this.#reading;
    const where = `row ${row}`;
    reading.quarantinedRecords += 1;
    if (reading.quarantined.length < TOLD_FINDINGS) reading.quarantined.push({ where, findings });
    for (const { field, reason } of findings) {
      const known = reading.reasons.find((entry) => entry.field === field && entry.reason === reason);
      if (known) known.count += 1;
      else reading.reasons.push({ reason, field, count: 1 });
    }
    this.#quarantine ??= new GrowingFile(this.path);
    await this.#quarantine.write(`${JSON.stringify({ file: reading.file, where, findings, text })}\n`);
  }

  /** Of a refused file nothing was admitted, so nothing of it is counted or kept. */
  reading(): FileReading {
    const { file, admitted, quarantinedRecords, reasons, refused } = this.#reading;
    if (refused) return { file, read: 0, admitted: 0, deleted: 0, quarantinedRecords: 0, quarantined: [], reasons: [], rows: {}, refused };
    const sorted = [...reasons].sort((a, b) => (`${a.reason} ${a.field ?? ''}` < `${b.reason} ${b.field ?? ''}` ? -1 : 1));
    return { ...this.#reading, read: admitted + quarantinedRecords, reasons: sorted };
  }

  async close(): Promise<void> {
    await this.#quarantine?.close();
  }
}

/** The set's quarantine: the files' own, one after another. */
export const joinQuarantine = async (outcomes: readonly FileOutcome[], path: string): Promise<void> => {
  await writeFile(path, '');
  for (const outcome of outcomes) {
    await outcome.close();
    if (!existsSync(outcome.path)) continue;
    if (!outcome.reading().refused) await pipeline(createReadStream(outcome.path), createWriteStream(path, { flags: 'a' }));
    await rm(outcome.path);
  }
};
