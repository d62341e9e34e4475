import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withDirt } from './dirt.ts';
import { FHIR_HOSPITAL, bundleOf } from './fhir-hospital.ts';
import { vcfOf } from './genotype-vcf.ts';
import { HEADER, type Row, csvLine, iwpcRow, lineOf } from './iwpc-row.ts';
import { type Population, drawPatient } from './patient.ts';
import { type Planted, plantPhi } from './planted-phi.ts';
import { randomOf } from './random.ts';
import { DEVELOPMENT_SITES, EXTERNAL_SITES, SHIFTED_SITES, STABLE_SITES, type Site } from './site.ts';

/** Every synthetic subject's identifier begins so; like a name it must never leave the landing zone and the quarantine. */
export const SUBJECT_PREFIX = 'SYN-';

const USUAL = { ageShiftYears: 0, genotypeEffect: 1 };

/** The replayed drift: 12 years older, other ancestry, and a dose that follows the genotype only a quarter as much. */
const SHIFTED = { ageShiftYears: 12, genotypeEffect: 0.25 };

/**
 * The shipped files by name: `development` trains, `external` is another hospital for external validation, `stable` and `shifted` are
 * later patients to be monitored. The first two carry bad rows and personal data.
 */
const FILES = {
  development: { seed: 20_090_219, sites: DEVELOPMENT_SITES, population: USUAL, dirty: true },
  external: { seed: 20_090_220, sites: EXTERNAL_SITES, population: USUAL, dirty: true },
  stable: { seed: 20_090_221, sites: STABLE_SITES, population: USUAL, dirty: false },
  shifted: { seed: 20_090_222, sites: SHIFTED_SITES, population: SHIFTED, dirty: false },
} as const satisfies Record<string, { seed: number; sites: readonly Site[]; population: Omit<Population, 'raceShares'>; dirty: boolean }>;
type FileName = keyof typeof FILES;

const PHI_ROWS = 24;

/** The hospital that sends a bundle and a VCF: like hospital 106, its first contacts spread over years. */
const FHIR = { seed: 20_090_223, patients: 60, firstYear: 2009, years: 5, files: { bundle: `hospital-${FHIR_HOSPITAL}.bundle.json`, vcf: `hospital-${FHIR_HOSPITAL}.vcf` } };

/** A record of a VCF is a sample and a gene: CYP2C9, VKORC1, CYP4F2. */
const GENES = 3;
const wholly = (records: number) => ({ read: records, admitted: records, quarantinedRows: 0, quarantined: [] });

const makeFhirHospital = (): Record<string, string> => {
  const random = randomOf(FHIR.seed);
  const { raceShares } = DEVELOPMENT_SITES.at(-1)!;
  const day = () => new Date(Date.UTC(FHIR.firstYear + random.integer(0, FHIR.years - 1), random.integer(0, 11), random.integer(1, 28))).toISOString().slice(0, 10);
  const admissions = Array.from({ length: FHIR.patients }, (_, index) => ({
    subject: `${SUBJECT_PREFIX}FHI${String(index + 1).padStart(5, '0')}`,
    patient: drawPatient(random, { ...USUAL, raceShares }),
    day: day(),
  }));
  const genotyped = admissions.map(({ subject, patient }) => ({ sample: subject, cyp2c9: patient.cyp2c9, vkorc1: patient.vkorc1['-1639'] }));
  return { [FHIR.files.bundle]: bundleOf(random, admissions), [FHIR.files.vcf]: vcfOf(genotyped, `${FHIR.firstYear + FHIR.years}-06-30`) };
};

/** The whole cohort as file name → content; the same each time. */
export const makeCohort = (): Record<string, string> => {
  const files: Record<string, string> = {};
  const expected: Record<string, unknown> = {};
  const phi = new Set<string>();
  for (const name of Object.keys(FILES) as FileName[]) {
    const { lines, report, planted } = makeFile(name);
    files[`${name}.csv`] = `${[csvLine(HEADER), ...lines].join('\r\n')}\r\n`;
    expected[name] = report;
    for (const text of planted.strings) phi.add(text);
  }
  Object.assign(files, makeFhirHospital());
  expected[FHIR.files.bundle] = wholly((JSON.parse(files[FHIR.files.bundle]!) as { entry: unknown[] }).entry.length);
  expected[FHIR.files.vcf] = wholly(FHIR.patients * GENES);
  files['expected.json'] = `${JSON.stringify(expected, null, 2)}\n`;
  files['planted-phi.json'] = `${JSON.stringify({ subjectPrefix: SUBJECT_PREFIX, strings: [...phi].sort() }, null, 2)}\n`;
  return files;
};

const makeFile = (name: FileName): { lines: string[]; report: unknown; planted: Planted } => {
  const { seed, sites, population, dirty } = FILES[name];
  const random = randomOf(seed);
  let subjects = 0;
  const row = (site: Site): Row => {
    const subject = `${SUBJECT_PREFIX}${name.slice(0, 3).toUpperCase()}${String(++subjects).padStart(5, '0')}`;
    return iwpcRow(random, subject, site, drawPatient(random, { ...population, raceShares: site.raceShares }));
  };
  const rows = sites.flatMap((site) => Array.from({ length: site.patients }, () => row(site)));
  if (!dirty) return { lines: rows.map(lineOf), report: { read: rows.length, admitted: rows.length, quarantinedRows: 0, quarantined: [] }, planted: { strings: [] } };
  const planted = plantPhi(random, rows, PHI_ROWS);
  const { lines, expected } = withDirt(random, rows, () => row(random.pick(sites as readonly Site[])));
  return { lines, report: expected, planted };
};

/** `node local/cohort/make-cohort.ts` writes the files beside this script; with `--check` it says which differ and exits with 1. */
const main = (): void => {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const stale: string[] = [];
  for (const [name, content] of Object.entries(makeCohort())) {
    const path = join(import.meta.dirname, name);
    if (!values.check) writeFileSync(path, content);
    else if (readFileSync(path, 'utf8') !== content) stale.push(name);
  }
  if (stale.length > 0) {
    console.error(`not what make-cohort.ts makes: ${stale.join(', ')}; run node local/cohort/make-cohort.ts`);
    process.exitCode = 1;
  }
};

if (import.meta.main) main();
