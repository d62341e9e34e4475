import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { keys } from '../../config/catalog/stores.ts';
import type { Compaction } from '../contracts/compaction.ts';
import type { Dataset, DatasetManifest, DatasetObject, DatasetQuality, Ingest, RebuildResult } from '../contracts/dataset.ts';
import type { ObjectVersion } from '../contracts/object.ts';
import { QUASI_IDENTIFIERS } from '../domain/lake/anonymity.ts';
import { type FoundObject, compareRebuild, fileLists, manifestOf } from '../domain/lake/manifest.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { OMOP_TABLE_NAMES } from '../domain/lake/omop-tables.ts';
import { qualityPage } from '../domain/lake/quality/page.ts';
import { type QualityResult, breachOf, qualityVerdict } from '../domain/lake/quality/results.ts';
import { sourcesOf } from '../domain/lake/quality/sources-of.ts';
import { withLakeView } from './lake-view.ts';
import { runQualityChecks } from './quality-run.ts';
import { downloadTo, exists, getBytes, getVerified, putFile, putObject } from './objects.ts';
import { peopleIn } from './person-files.ts';
import { withScratch } from './scratch.ts';

const JSON_TYPE = 'application/json';
const PARQUET_TYPE = 'application/vnd.apache.parquet';

/** What a version is made of. */
export type Stored = { ingests: readonly Ingest[]; compactions: readonly Compaction[] };

/** The manifest of these ingests' objects, and who is in them: how many, and how many are alike, group by group. */
export const pinObjects = async (
  { ingests, compactions }: Stored,
  deidentification: string,
  withdrawn: ReadonlySet<number>,
): Promise<{ manifest: DatasetManifest; patients: number; alike: number[] }> => {
  const pinned = manifestOf(ingests, deidentification, [], compactions);
  const people = await peopleOf(pinned.objects);
  const manifest = { ...pinned, withdrawn: people.filter((personId) => withdrawn.has(personId)) };
  return { manifest, patients: people.length - manifest.withdrawn.length, alike: await alikeGroups(manifest) };
};

/** Checks these sources' rows of the version, each apart; people and references are looked up in all of it. */
export const checkSources = (manifest: DatasetManifest, sources: readonly string[]): Promise<QualityResult[]> =>
  withLakeView(manifest, OMOP_TABLE_NAMES, (connection) =>
    runQualityChecks(
      connection,
      sourcesOf(manifest).filter(({ source }) => sources.includes(source)),
    ),
  );

/** Keeps the results of all sources, also where they stop the version; `breach` says why they do. */
export const keepQuality = async (
  bucket: string,
  datasetId: string,
  title: string,
  results: readonly QualityResult[],
): Promise<{ quality: DatasetQuality; breach: string | null }> => {
  const verdict = qualityVerdict(results);
  const { passed, failed, notApplicable } = verdict;
  const put = (name: string, content: string, type: string) => putObject({ bucket, key: keys.datasetQuality(datasetId, name) }, content, type);
  const quality = {
    passed,
    failed,
    notApplicable,
    results: await put('results.json', canonicalJson(results), JSON_TYPE),
    page: await put('page.html', qualityPage(title, results, verdict), 'text/html; charset=utf-8'),
  };
  return { quality, breach: breachOf(verdict) };
};

const AT_ONCE = 16;
const TOLD_DIFFERENCES = 100;

/** Puts the version where Athena finds it: the lists of its files, then its manifest. */
export const keepManifest = async (bucket: string, datasetId: string, text: string, manifest: DatasetManifest): Promise<ObjectVersion> => {
  await pMap(fileLists(manifest), ({ table, partition, text: list }) => putObject({ bucket, key: keys.datasetFiles(datasetId, table, partition) }, list, 'text/plain'), {
    concurrency: AT_ONCE,
  });
  return putObject({ bucket, key: keys.datasetManifest(datasetId) }, text, JSON_TYPE);
};

/** How many patients are alike, group by group. */
const alikeGroups = (manifest: DatasetManifest): Promise<number[]> =>
  withLakeView(manifest, ['person'], async (connection) => {
    const reader = await connection.runAndReadAll(`SELECT count(DISTINCT person_id) AS alike FROM person GROUP BY ${QUASI_IDENTIFIERS.join(', ')}`);
    return reader.getRowObjects().map((row) => Number(row['alike']));
  });

/** Everyone of whom the objects tell. Two people behind one `person_id` would be one patient to a model: a fault. */
const peopleOf = (objects: readonly DatasetObject[]): Promise<number[]> =>
  withScratch(async (folder) => {
    const download = async (name: 'person' | 'record') => {
      const paths: string[] = [];
      for (const object of objects.filter(({ table }) => table === name)) {
        const path = join(folder, `${name}-${paths.length}.parquet`);
        await writeFile(path, await getVerified(object));
        paths.push(path);
      }
      return paths;
    };
    const { people, collisions } = await peopleIn({ persons: await download('person'), records: await download('record') });
    if (collisions > 0) throw new Error(`${collisions} person_id stand for more than one pseudonym`);
    return people;
  });

/**
 * Reads every object by its version, writes the copies below `datasets/<id>/rebuild/`, makes the manifest anew from the ingests, their
 * compactions and what was read, and compares it with the stored one byte by byte.
 */
export const rebuildDataset = async (bucket: string, dataset: Dataset, storedOf: (manifest: DatasetManifest) => Promise<Stored>): Promise<RebuildResult> => {
  const { datasetId } = dataset;
  const stored = (await getBytes(dataset.manifest)).toString('utf8');
  const manifest = JSON.parse(stored) as DatasetManifest;
  const { deidentification, withdrawn } = manifest;
  const { ingests, compactions } = await storedOf(manifest);
  const expected = manifestOf(ingests, deidentification, withdrawn, compactions);
  const found = new Map<string, FoundObject>();
  await pMap(
    expected.objects,
    (object, place) =>
      withScratch(async (folder) => {
        const path = join(folder, `${place}.parquet`);
        const read = await readVersion(object, path);
        found.set(object.key, read);
        const copy = { bucket, key: keys.datasetRebuild(datasetId, object.key) };
        if (read && !(await exists(copy))) await putFile(copy, path, PARQUET_TYPE);
      }),
    // an object may have half a gibibyte
    { concurrency: 4 },
  );
  const { text, contentSha256, bytes, differences } = compareRebuild(expected, found, { text: stored, contentSha256: dataset.contentSha256 });
  await putObject({ bucket, key: keys.datasetRebuild(datasetId, 'manifest.json') }, text, JSON_TYPE);
  return { identical: differences.length === 0, objects: expected.objects.length, bytes, contentSha256, differences: differences.slice(0, TOLD_DIFFERENCES) };
};

/** What the object's version is, kept in a file; null: it is gone. */
const readVersion = async (object: DatasetObject, path: string): Promise<FoundObject> => {
  try {
    return await downloadTo(object, path);
  } catch (error) {
    if (['NoSuchKey', 'NoSuchVersion'].includes((error as Error).name)) return null;
    throw error;
  }
};
