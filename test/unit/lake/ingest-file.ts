import { Readable } from 'node:stream';
import type { IngestReport } from '../../../lambdas/contracts/upload.ts';
import { textLines } from '../../../lambdas/domain/lake/csv-records.ts';
import { type Quarantined, normalise } from '../../../lambdas/domain/lake/normalise.ts';
import type { OmopRow } from '../../../lambdas/domain/lake/omop-tables.ts';
import { findSource } from '../../../lambdas/domain/lake/sources.ts';

export const SECRET = Buffer.alloc(32, 11);
export const PARTITIONS = 4;

export type Ingested = { report: IngestReport; rows: { partition: number; row: OmopRow }[]; quarantined: Quarantined[] };

/** Runs a file of the source through the domain as the step does, in memory. */
export const ingestFile = async (content: string | Readable, secret: Uint8Array = SECRET): Promise<Ingested> => {
  const rows: Ingested['rows'] = [];
  const quarantined: Quarantined[] = [];
  const stream = typeof content === 'string' ? Readable.from([Buffer.from(content)]) : content;
  const report = await normalise(findSource('iwpc')!, secret, PARTITIONS, textLines(stream), {
    admit: (partition, row) => void rows.push({ partition, row }),
    quarantine: (row) => void quarantined.push(row),
  });
  return { report, rows, quarantined };
};
