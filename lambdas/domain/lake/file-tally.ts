import type { Call, Finding, Refusal } from './reading.ts';
import type { StagedRow } from './identify.ts';
import { type FileReading, TOLD_FINDINGS } from './staged-set.ts';
import type { OmopTable } from './omop-tables.ts';

/** Counts one file's records as they pass. A record that is left out counts once, under each of its reasons and fields. */
export class FileTally {
  readonly #file: number;
  #admitted = 0;
  #deleted = 0;
  #leftOut = 0;
  #refused: FileReading['refused'];
  readonly #told: FileReading['quarantined'] = [];
  readonly #reasons = new Map<string, FileReading['reasons'][number]>();
  readonly #rows: Partial<Record<OmopTable, number>> = {};
  readonly #calls: Call[] = [];

  constructor(file: number) {
    this.#file = file;
  }

  admit(rows: readonly StagedRow[]): void {
    this.#admitted += 1;
    for (const { table } of rows) if (table !== 'record' && table !== 'deletion') this.#rows[table] = (this.#rows[table] ?? 0) + 1;
  }

  delete(): void {
    this.#deleted += 1;
  }

  call(call: Call): void {
    this.#calls.push(call);
  }

  refuse({ refused, detail }: Refusal): void {
    this.#refused = { reason: refused, detail };
  }

  leaveOut(where: string, findings: readonly Finding[]): void {
    this.#leftOut += 1;
    if (this.#told.length < TOLD_FINDINGS) this.#told.push({ where, findings: [...findings] });
    for (const { field, reason } of new Map(findings.map((finding) => [`${finding.reason} ${finding.field ?? ''}`, finding])).values()) {
      const key = `${reason} ${field ?? ''}`;
      const entry = this.#reasons.get(key) ?? { reason, field, count: 0 };
      entry.count += 1;
      this.#reasons.set(key, entry);
    }
  }

  reading(): FileReading {
    return {
      file: this.#file,
      read: this.#admitted + this.#leftOut + this.#deleted,
      admitted: this.#admitted,
      deleted: this.#deleted,
      quarantinedRecords: this.#leftOut,
      quarantined: this.#told,
      reasons: [...this.#reasons.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
      rows: Object.fromEntries(Object.entries(this.#rows).sort(([a], [b]) => (a < b ? -1 : 1))),
      ...(this.#calls.length > 0 ? { calls: this.#calls } : {}),
      ...(this.#refused ? { refused: this.#refused } : {}),
    };
  }
}
