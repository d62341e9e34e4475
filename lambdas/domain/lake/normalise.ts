import type { IngestReport } from '../../contracts/upload.ts';
import { type CsvRecord, csvCells, csvRecords } from './csv-records.ts';
import { careSiteRow, patientRows } from './omop-rows.ts';
import { type OmopRow, OMOP_TABLE_NAMES } from './omop-tables.ts';
import { partitionOf, personIdOf, pseudonymOf } from './pseudonym.ts';
import { type Finding, columnIndex, readRow } from './read-row.ts';
import type { SourceMap } from './source-map.ts';

export type Quarantined = { row: number; line: number; findings: Finding[]; text: string };
export type Sink = {
  /** a de-identified row of this partition; a promise when the sink must be waited for */
  admit: (partition: number, row: OmopRow) => Promise<void> | void;
  /** a row left out, with the source's own text: may hold PHI */
  quarantine: (row: Quarantined) => Promise<void> | void;
};

/**
 * Turns a file's lines into de-identified OMOP rows and quarantined rows, one at a time; memory grows only with the number of patients
 * (their 53-bit ids, to find a key that comes twice). Answers the report: counts, never values.
 */
export const normalise = async (map: SourceMap, secret: Uint8Array, partitions: number, lines: AsyncIterable<string>, sink: Sink): Promise<IngestReport> => {
  const source = lines[Symbol.asyncIterator]();
  const first = await source.next();
  const header = first.done ? null : csvCells(first.value);
  if (!header) throw new Error('the file that was described has no header');
  const columns = columnIndex(map, header);
  const persons = new Map<number, string>();
  const sites = new Set<string>();
  const tally = new Tally();

  for await (const record of csvRecords(prepend(first.value as string, source), header.length)) {
    const outcome = read(map, columns, header.length, record);
    if ('findings' in outcome) {
      tally.leaveOut(outcome.findings);
      await sink.quarantine({ row: record.row, line: record.line, findings: outcome.findings, text: record.text });
      continue;
    }
    const { patient } = outcome;
    const pseudonym = pseudonymOf(secret, map.namespace, patient.subject);
    const personId = personIdOf(pseudonym);
    const known = persons.get(personId);
    if (known === pseudonym) {
      const findings: Finding[] = [{ column: keyColumn(map), reason: 'duplicate-key' }];
      tally.leaveOut(findings);
      await sink.quarantine({ row: record.row, line: record.line, findings, text: record.text });
      continue;
    }
    if (known !== undefined) throw new Error(`two subjects of source ${map.name} have the same person_id`);
    persons.set(personId, pseudonym);
    const rows = patientRows(map, { personId, pseudonym }, patient);
    const partition = partitionOf(personId, partitions);
    for (const row of rows) {
      const waiting = sink.admit(partition, row);
      if (waiting) await waiting;
    }
    tally.admit(rows);
    sites.add(patient.site);
  }
  const siteNames = [...sites].sort(inNaturalOrder);
  for (const site of siteNames) {
    const row = careSiteRow(map, site);
    await sink.admit(partitionOf(row.care_site_id as number, partitions), row);
    tally.count(row);
  }
  return tally.report(siteNames);
};

const read = (map: SourceMap, columns: ReturnType<typeof columnIndex>, width: number, { cells }: CsvRecord): ReturnType<typeof readRow> => {
  if (cells === null) return { findings: [{ column: null, reason: 'malformed-row' }] };
  if (cells.length !== width) return { findings: [{ column: null, reason: 'wrong-column-count' }] };
  return readRow(map, columns, cells);
};

const keyColumn = (map: SourceMap): string => Object.entries(map.columns).find(([, { type }]) => type === 'key')![0];

const inNaturalOrder = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

async function* prepend(first: string, rest: AsyncIterator<string>): AsyncGenerator<string> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Counts as the rows pass. A row that is left out counts once, under each of its reasons and columns. */
class Tally {
  #admitted = 0;
  #leftOut = 0;
  readonly #reasons = new Map<string, { reason: string; column?: string; count: number }>();
  readonly #rows: Record<string, number> = Object.fromEntries(OMOP_TABLE_NAMES.map((table) => [table, 0]));

  admit(rows: readonly OmopRow[]): void {
    this.#admitted += 1;
    for (const row of rows) this.count(row);
  }

  count({ table }: OmopRow): void {
    this.#rows[table]! += 1;
  }

  leaveOut(findings: readonly Finding[]): void {
    this.#leftOut += 1;
    for (const { column, reason } of findings) {
      const key = `${reason} ${column ?? ''}`;
      const entry = this.#reasons.get(key) ?? { reason, ...(column === null ? {} : { column }), count: 0 };
      entry.count += 1;
      this.#reasons.set(key, entry);
    }
  }

  report(sites: string[]): IngestReport {
    return {
      read: this.#admitted + this.#leftOut,
      admitted: this.#admitted,
      quarantinedRows: this.#leftOut,
      quarantined: [...this.#reasons.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
      rows: this.#rows,
      patients: this.#admitted,
      sites,
    };
  }
}
