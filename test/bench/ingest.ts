import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { LAKE_PARTITIONS } from '../../config/catalog/stores.ts';
import { csvLine, HEADER, iwpcRow, lineOf } from '../../local/cohort/iwpc-row.ts';
import { drawPatient } from '../../local/cohort/patient.ts';
import { randomOf } from '../../local/cohort/random.ts';
import { DEVELOPMENT_SITES } from '../../local/cohort/site.ts';
import { writeOmopParquet } from '../../lambdas/adapters/omop-parquet.ts';
import { csvCells, textLines } from '../../lambdas/domain/lake/csv-records.ts';
import { inspectFile } from '../../lambdas/domain/lake/inspect-file.ts';
import { normalise } from '../../lambdas/domain/lake/normalise.ts';
import { findSource } from '../../lambdas/domain/lake/sources.ts';
import { alternate, report } from './measure.ts';

const PATIENTS = 4500;
const ROUNDS = 5;
const SECRET = Buffer.alloc(32, 11);

const folder = mkdtempSync(join(tmpdir(), 'proband-bench-'));
const [csv, ndjson] = [join(folder, 'patients.csv'), join(folder, 'patients.ndjson')];

/** As many synthetic patients as the real file has, as CSV and, cell by cell under the same names, as NDJSON. */
const writeFiles = (): void => {
  const random = randomOf(20_090_219);
  const sites = DEVELOPMENT_SITES;
  const lines = Array.from({ length: PATIENTS }, (_, index) => {
    const site = sites[index % sites.length]!;
    return lineOf(iwpcRow(random, `SYN-BEN${String(index).padStart(5, '0')}`, site, drawPatient(random, { ageShiftYears: 0, genotypeEffect: 1, raceShares: site.raceShares })));
  });
  writeFileSync(csv, `${[csvLine(HEADER), ...lines].join('\r\n')}\r\n`);
  writeFileSync(ndjson, lines.map((line) => `${JSON.stringify(Object.fromEntries(csvCells(line)!.map((cell, at) => [HEADER[at]!, cell])))}\n`).join(''));
};

/** The ingest machine's own work on a file of the landing zone, the buckets left out: describe, normalise into partitions, Parquet of each. */
const ingest = async (): Promise<{ omopRows: number }> => {
  await inspectFile(createReadStream(csv));
  const staged: string[][] = Array.from({ length: LAKE_PARTITIONS }, () => []);
  const { admitted, rows: byTable } = await normalise(findSource('synthetic-cohort')!, SECRET, LAKE_PARTITIONS, textLines(createReadStream(csv)), {
    admit: (partition, row) => void staged[partition]!.push(`${JSON.stringify(row)}\n`),
    quarantine: () => undefined,
  });
  if (admitted !== PATIENTS) throw new Error(`${admitted} of ${PATIENTS} synthetic rows were admitted`);
  for (const [partition, rows] of staged.entries()) {
    const path = join(folder, `${partition}.ndjson.gz`);
    writeFileSync(path, gzipSync(rows.join(''), { level: 1 }));
    await writeOmopParquet(path, folder, async () => undefined);
  }
  return { omopRows: Object.values(byTable).reduce((sum, rows) => sum + rows, 0) };
};

const readLines = async (): Promise<void> => {
  let read = 0;
  for await (const line of createInterface({ input: createReadStream(ndjson), crlfDelay: Number.POSITIVE_INFINITY })) if (JSON.parse(line) !== null) read++;
  if (read !== PATIENTS) throw new Error(`${read} of ${PATIENTS} lines were read`);
};

try {
  writeFiles();
  const { omopRows } = await ingest();
  const { ours, peers } = await alternate(ROUNDS, ingest, readLines);
  const perSecond = (path: string, milliseconds: number): number => statSync(path).size / 1e6 / (milliseconds / 1e3);
  const peer = 'readline + JSON.parse of the same rows as NDJSON';
  const [mb, peersMb] = [perSecond(csv, ours), perSecond(ndjson, peers)];
  report({
    what: 'ingest, own bytes',
    peer,
    ours: mb,
    peers: peersMb,
    unit: 'MB/s',
    speed: mb / peersMb,
    note: `${(statSync(csv).size / 1e6).toFixed(1)} MB of CSV, ${(statSync(ndjson).size / 1e6).toFixed(1)} MB of NDJSON`,
  });
  report({
    what: 'ingest, rows',
    peer,
    ours: PATIENTS / ours,
    peers: PATIENTS / peers,
    unit: 'rows/ms',
    speed: peers / ours,
    note: `a row becomes ${(omopRows / PATIENTS).toFixed(0)} OMOP rows`,
  });
} finally {
  rmSync(folder, { recursive: true });
}
