import { closeSync, createReadStream, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LAKE_PARTITIONS } from '../../config/catalog/stores.ts';
import { setFile } from '../../lambdas/adapters/set-files.ts';
import { stageSet } from '../../lambdas/adapters/stage-set.ts';
import { findSource } from '../../lambdas/domain/lake/sources.ts';
import { patientResources } from '../../local/cohort/fhir-hospital.ts';
import { vcfOf } from '../../local/cohort/genotype-vcf.ts';
import { HEADER, csvLine, iwpcRow, lineOf } from '../../local/cohort/iwpc-row.ts';
import { drawPatient } from '../../local/cohort/patient.ts';
import { randomOf } from '../../local/cohort/random.ts';
import { DEVELOPMENT_SITES } from '../../local/cohort/site.ts';
import { curateStaged } from './curate-staged.ts';
import { alternate, report } from './measure.ts';

const PATIENTS = 3000;
/** An export is larger: so many that the engine's start does not count. */
const FHIR_PATIENTS = 30_000;
const ROUNDS = 3;
const SECRET = Buffer.alloc(32, 11);
const folder = mkdtempSync(join(tmpdir(), 'proband-bench-'));

const random = randomOf(20_090_219);
const site = DEVELOPMENT_SITES[0]!;
const drawn = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    subject: `SYN-BEN${String(index).padStart(5, '0')}`,
    patient: drawPatient(random, { ageShiftYears: 0, genotypeEffect: 1, raceShares: site.raceShares }),
    day: new Date(Date.UTC(2004, 0, 1 + (index % 3650))).toISOString().slice(0, 10),
  }));
const patients = drawn(PATIENTS);

/** A week of readings every five minutes. */
const glucoseLines = (subject: string): string[] =>
  Array.from({ length: 7 * 288 }, (_, reading) => `${subject},${new Date(1_770_000_000_000 + reading * 300_000).toISOString()},${90 + Math.round(random.uniform() * 120)}`);

const SYNTHEA = join(import.meta.dirname, '../../../shared/data/fhir-synthea-r4');
const SYNTHEA_COPIES = 60;

/** Real resources, as large as a hospital's: each copy has other ids. */
function* syntheaExport(): Generator<string> {
  const lines: string[] = [];
  for (const name of readdirSync(SYNTHEA).filter((one) => one.endsWith('.json'))) {
    const { entry } = JSON.parse(readFileSync(join(SYNTHEA, name), 'utf8')) as { entry: { fullUrl: string; resource: { resourceType: string; id: string } }[] };
    const targets = new Map(entry.map(({ fullUrl, resource }) => [fullUrl, `${resource.resourceType}/${resource.id}`]));
    for (const { resource } of entry) lines.push(JSON.stringify(resource).replace(/urn:uuid:[0-9a-f-]{36}/g, (url) => targets.get(url) ?? url));
  }
  const hospitals = new Set<string>();
  for (let copy = 0; copy < SYNTHEA_COPIES; copy++) {
    const tag = copy.toString(16).padStart(4, '0');
    for (const line of lines) {
      const own = line.replace(/([0-9a-f]{8})-[0-9a-f]{4}-([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/g, (_, first: string, rest: string) => `${first}-${tag}-${rest}`);
      const { resourceType, id } = JSON.parse(own) as { resourceType: string; id: string };
      // bundles of one hospital say it again
      if (hospitals.has(`${resourceType}/${id}`)) continue;
      if (resourceType === 'Organization' || resourceType === 'Practitioner') hospitals.add(`${resourceType}/${id}`);
      yield own;
    }
  }
}

/** The same synthetic patients as each format has them. */
const FILES: { source: string; of?: string; lines: () => Iterable<string>; parse: (line: string) => unknown; peer: string }[] = [
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
      ...drawn(FHIR_PATIENTS).flatMap((admission) => patientResources(random, admission).map((resource) => JSON.stringify(resource))),
    ],
    parse: (line) => JSON.parse(line),
    peer: 'readline + JSON.parse of the same lines',
  },
  ...(existsSync(SYNTHEA)
    ? [
        {
          source: 'fhir-ndjson',
          of: 'Synthea’s patients of the shared data, many times over',
          lines: syntheaExport,
          parse: (line: string) => JSON.parse(line) as unknown,
          peer: 'readline + JSON.parse of the same lines',
        },
      ]
    : []),
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
    // side by side, as the state machine's map does them
    await curateStaged(map, partitions, work, SECRET, availableParallelism());
    return admitted;
  } finally {
    rmSync(work, { recursive: true });
  }
};

const writeLines = (path: string, lines: Iterable<string>): void => {
  const file = openSync(path, 'w');
  let held = '';
  for (const line of lines) {
    held += `${line}\n`;
    if (held.length < 1 << 20) continue;
    writeSync(file, held);
    held = '';
  }
  writeSync(file, held);
  closeSync(file);
};

const readLines = async (path: string, parse: (line: string) => unknown): Promise<void> => {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY }))
    if (parse(line) === undefined) throw new Error('a line is nothing');
};

try {
  for (const { source, of, lines, parse, peer } of FILES) {
    const path = join(folder, `${source}.txt`);
    writeLines(path, lines());
    const megabytes = statSync(path).size / 1e6;
    const records = await ingest(source, path);
    const { ours, peers } = await alternate(
      ROUNDS,
      () => ingest(source, path),
      () => readLines(path, parse),
    );
    report({
      what: `ingest, ${source}${of ? `, ${of}` : ''}`,
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
