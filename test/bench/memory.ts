import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LAKE_PARTITIONS } from '../../config/catalog/stores.ts';
import { setFile } from '../../lambdas/adapters/set-files.ts';
import { stageSet } from '../../lambdas/adapters/stage-set.ts';
import { findSource } from '../../lambdas/domain/lake/sources.ts';
import { patientResources } from '../../local/cohort/fhir-hospital.ts';
import { drawPatient } from '../../local/cohort/patient.ts';
import { randomOf } from '../../local/cohort/random.ts';
import { DEVELOPMENT_SITES } from '../../local/cohort/site.ts';
import { curateStaged } from './curate-staged.ts';
import { report } from './measure.ts';

const MEGABYTES = 2000;
const HEAP_MIB = 512;
const SECRET = Buffer.alloc(32, 11);
const SAMPLED_MS = 20;

/** What the constrained process saw of itself. */
type Peak = { heapMiB: number; residentMiB: number; records: number; stageSeconds: number; curateSeconds: number };

/** Synthetic patients as Bulk Data, until the file has that size. */
const generate = async (path: string, megabytes: number): Promise<void> => {
  const random = randomOf(20_090_219);
  const [site] = DEVELOPMENT_SITES;
  const file = createWriteStream(path);
  file.write(`${JSON.stringify({ resourceType: 'Organization', id: '107' })}\n`);
  let bytes = 0;
  for (let index = 0; bytes < megabytes * 1e6; index++) {
    const patient = drawPatient(random, { ageShiftYears: 0, genotypeEffect: 1, raceShares: site!.raceShares });
    const lines = patientResources(random, { subject: `SYN-BEN${String(index).padStart(7, '0')}`, patient, day: '2012-03-04' }).map((resource) => `${JSON.stringify(resource)}\n`);
    const text = lines.join('');
    bytes += Buffer.byteLength(text);
    if (!file.write(text)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
};

/** The ingest machine's work on the file, in this process. */
const ingest = async (path: string): Promise<Peak> => {
  let heap = 0;
  const sampling = setInterval(() => (heap = Math.max(heap, process.memoryUsage().heapUsed)), SAMPLED_MS);
  const folder = mkdtempSync(join(tmpdir(), 'proband-bench-memory-'));
  try {
    const map = findSource('fhir-ndjson')!;
    const started = performance.now();
    const { files, partitions } = await stageSet(map, [setFile(0, path, statSync(path).size, path)], SECRET, folder, LAKE_PARTITIONS);
    const staged = performance.now();
    await curateStaged(map, partitions, folder, SECRET, 1);
    const records = files[0]!.admitted;
    if (records === 0 || records !== files[0]!.read) throw new Error(`${records} of ${files[0]!.read} synthetic records were admitted`);
    const MiB = 2 ** 20;
    return {
      heapMiB: heap / MiB,
      residentMiB: process.resourceUsage().maxRSS / 1024,
      records,
      stageSeconds: (staged - started) / 1e3,
      curateSeconds: (performance.now() - staged) / 1e3,
    };
  } finally {
    clearInterval(sampling);
    rmSync(folder, { recursive: true });
  }
};

const constrained = (path: string): Promise<Peak> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), ['ingest', path], { execArgv: [`--max-old-space-size=${HEAP_MIB}`, '--disable-warning=ExperimentalWarning'] });
    child.on('message', (peak) => resolve(peak as Peak));
    child.on('exit', (code, signal) => reject(new Error(`the ingest ended with ${code ?? signal} in a heap of ${HEAP_MIB} MiB`)));
  });

const main = async (megabytes: number): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'proband-bench-'));
  try {
    const path = join(folder, 'export.ndjson');
    await generate(path, megabytes);
    const { heapMiB, residentMiB, records, stageSeconds, curateSeconds } = await constrained(path);
    report({
      what: `peak heap of ${(statSync(path).size / 1e9).toFixed(2)} GB of FHIR NDJSON`,
      peer: `the heap that it is allowed (--max-old-space-size=${HEAP_MIB})`,
      ours: heapMiB,
      peers: HEAP_MIB,
      unit: 'MiB',
      speed: HEAP_MIB / heapMiB,
      note: `${records} records, read in ${stageSeconds.toFixed(0)} s, curated in ${curateSeconds.toFixed(0)} s; ${residentMiB.toFixed(0)} MiB resident, the columnar engine's memory included`,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const [what, path] = process.argv.slice(2);
if (what === 'ingest') process.send?.(await ingest(path!), () => process.disconnect?.());
else await main(what === undefined ? MEGABYTES : Number(what));
