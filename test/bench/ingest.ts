import { createReadStream, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LAKE_PARTITIONS } from '../../config/catalog/stores.ts';
import { curate } from '../../lambdas/adapters/curation.ts';
import { setFile } from '../../lambdas/adapters/set-files.ts';
import { stageSet } from '../../lambdas/adapters/stage-set.ts';
import { OLDEST_YEARS, safeHarborShiftDays } from '../../lambdas/domain/lake/deidentified-date.ts';
import { isDated } from '../../lambdas/domain/lake/formats.ts';
import { findSource } from '../../lambdas/domain/lake/sources.ts';
import { patientResources } from '../../local/cohort/fhir-hospital.ts';
import { vcfOf } from '../../local/cohort/genotype-vcf.ts';
import { HEADER, csvLine, iwpcRow, lineOf } from '../../local/cohort/iwpc-row.ts';
import { drawPatient } from '../../local/cohort/patient.ts';
import { randomOf } from '../../local/cohort/random.ts';
import { DEVELOPMENT_SITES } from '../../local/cohort/site.ts';
import { alternate, report } from './measure.ts';

const PATIENTS = 3000;
const ROUNDS = 3;
const SECRET = Buffer.alloc(32, 11);
const folder = mkdtempSync(join(tmpdir(), 'proband-bench-'));

const random = randomOf(20_090_219);
const site = DEVELOPMENT_SITES[0]!;
const patients = Array.from({ length: PATIENTS }, (_, index) => ({
  subject: `SYN-BEN${String(index).padStart(5, '0')}`,
  patient: drawPatient(random, { ageShiftYears: 0, genotypeEffect: 1, raceShares: site.raceShares }),
  day: '2012-03-04',
}));

/** A week of readings every five minutes. */
const glucoseLines = (subject: string): string[] =>
  Array.from({ length: 7 * 288 }, (_, reading) => `${subject},${new Date(1_770_000_000_000 + reading * 300_000).toISOString()},${90 + Math.round(random.uniform() * 120)}`);

/** The same synthetic patients as each format has them. */
const FILES: { source: string; lines: () => string[]; parse: (line: string) => unknown; peer: string }[] = [
  {
    source: 'synthetic-cohort',
    lines: () => [csvLine(HEADER), ...patients.map(({ subject, patient }) => lineOf(iwpcRow(random, subject, site, patient)))],
    parse: (line) => line.split(','),
    peer: 'readline + split of the same lines',
  },
  {
    source: 'fhir-ndjson',
    lines: () => [
      JSON.stringify({ resourceType: 'Organization', id: '107' }),
      ...patients.flatMap((admission) => patientResources(random, admission).map((resource) => JSON.stringify(resource))),
    ],
    parse: (line) => JSON.parse(line),
    peer: 'readline + JSON.parse of the same lines',
  },
  {
    source: 'vcf',
    lines: () =>
      vcfOf(
        patients.map(({ subject, patient }) => ({ sample: subject, cyp2c9: patient.cyp2c9, vkorc1: patient.vkorc1['-1639'] })),
        '2014-06-30',
      )
        .trimEnd()
        .split('\n'),
    parse: (line) => line.split('\t'),
    peer: 'readline + split of the same lines',
  },
  {
    source: 'cgm',
    lines: () => ['id,time,gl', ...patients.slice(0, 60).flatMap(({ subject }) => glucoseLines(subject))],
    parse: (line) => line.split(','),
    peer: 'readline + split of the same lines',
  },
];

/** The ingest machine's own work on a file of the landing zone, the buckets left out: read, validate, map, pseudonyms, de-identified Parquet of each partition. */
const ingest = async (source: string, path: string): Promise<number> => {
  const map = findSource(source)!;
  const work = join(folder, 'work');
  mkdirSync(work);
  try {
    const { files, partitions } = await stageSet(map, [setFile(0, path, statSync(path).size, path)], SECRET, work, LAKE_PARTITIONS);
    const [{ read, admitted }] = files as [(typeof files)[number]];
    if (admitted === 0 || admitted !== read) throw new Error(`${admitted} of ${read} synthetic records were admitted`);
    for (const { path: staged } of partitions) {
      const shifts = isDated(map)
        ? async (days: readonly { personId: number; date: string }[]) => new Map(days.map(({ personId, date }) => [personId, safeHarborShiftDays(date)]))
        : null;
      await curate({ staged: [staged], earlier: [], folder: work, shifts, oldestYears: OLDEST_YEARS }, async () => undefined);
    }
    return admitted;
  } finally {
    rmSync(work, { recursive: true });
  }
};

const readLines = async (path: string, parse: (line: string) => unknown): Promise<void> => {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY }))
    if (parse(line) === undefined) throw new Error('a line is nothing');
};

try {
  for (const { source, lines, parse, peer } of FILES) {
    const path = join(folder, `${source}.txt`);
    writeFileSync(path, `${lines().join('\n')}\n`);
    const megabytes = statSync(path).size / 1e6;
    const records = await ingest(source, path);
    const { ours, peers } = await alternate(
      ROUNDS,
      () => ingest(source, path),
      () => readLines(path, parse),
    );
    report({
      what: `ingest, ${source}`,
      peer,
      ours: megabytes / (ours / 1e3),
      peers: megabytes / (peers / 1e3),
      unit: 'MB/s',
      speed: peers / ours,
      note: `${megabytes.toFixed(1)} MB, ${records} records, ${((records / ours) * 1e3).toFixed(0)} records/s`,
    });
  }
} finally {
  rmSync(folder, { recursive: true });
}
