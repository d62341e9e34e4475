import type { Compaction } from '../../contracts/compaction.ts';
import type { DatasetManifest, Ingest } from '../../contracts/dataset.ts';
import type { Upload } from '../../contracts/upload.ts';
import { type Outcome, done, refused } from '../../contracts/outcome.ts';
import { canonicalJson, digestOf, sha256 } from '../canonical-json.ts';
import { fewestObjects } from './compaction.ts';

const by =
  <T>(key: (item: T) => string) =>
  (a: T, b: T): number =>
    key(a) < key(b) ? -1 : 1;

/** The manifest of these ingests: the same ingests and compactions make the same manifest, whatever their order. */
export const manifestOf = (ingests: readonly Ingest[], deidentification: string, withdrawn: readonly number[] = [], compactions: readonly Compaction[] = []): DatasetManifest => ({
  format: 'proband-dataset-1',
  cdmVersion: '5.4',
  deidentification,
  ingests: ingests
    .map(({ ingestId, uploadId, source, use, fileSha256, committedAt }) => ({ ingestId, uploadId, source, use, fileSha256, committedAt }))
    .sort(by(({ ingestId }) => ingestId)),
  withdrawn: [...withdrawn].sort((a, b) => a - b),
  objects: fewestObjects(ingests, compactions).sort(by(({ key }) => key)),
});

/** The manifest's bytes, their SHA-256 and the id made of it. */
export const sealManifest = (manifest: DatasetManifest): { text: string; contentSha256: string; datasetId: string } => {
  const text = canonicalJson(manifest);
  const contentSha256 = sha256(text);
  return { text, contentSha256, datasetId: `ds_${contentSha256.slice(0, 32)}` };
};

/** The ingest of these bytes by this map for this upload: run twice, it is the same. */
export const ingestIdOf = (uploadId: string, fileSha256: string, mapVersion: string): string => `ing_${digestOf({ uploadId, fileSha256, mapVersion }).slice(0, 32)}`;

/** Only uploads that were admitted may enter a dataset. */
export const admittedOnly = (uploads: readonly { uploadId: string; upload: Upload | null }[]): Outcome<Upload[]> => {
  const unknown = uploads.filter(({ upload }) => upload === null).map(({ uploadId }) => uploadId);
  if (unknown.length > 0) return refused(404, 'Not found', `no upload ${unknown.join(', ')}`);
  const found = uploads.map(({ upload }) => upload!);
  const notAdmitted = found.filter(({ status }) => status !== 'admitted').map(({ uploadId, status }) => `${uploadId} is ${status}`);
  if (notAdmitted.length > 0) return refused(409, 'Not admitted', `a dataset takes uploads whose status is admitted: ${notAdmitted.join(', ')}`);
  return done(found);
};

/** One profile holds for a whole dataset. */
export const sharedProfile = (ingests: readonly Ingest[]): Outcome<Ingest['deidentification']> => {
  const profiles = [...new Set(ingests.map(({ deidentification }) => deidentification))].sort();
  return profiles.length === 1
    ? done(profiles[0]!)
    : refused(409, 'Mixed de-identification', `the uploads were de-identified by different profiles: ${profiles.join(', ')}; a dataset has one`);
};

/** What stands at an object's pinned version now; null: nothing. */
export type FoundObject = { sha256: string; bytes: number } | null;

/** The manifest of what was found, against the stored one: every difference in words; none means the same bytes. */
export const compareRebuild = (
  expected: DatasetManifest,
  found: ReadonlyMap<string, FoundObject>,
  stored: { text: string; contentSha256: string },
): { text: string; contentSha256: string; bytes: number; differences: string[] } => {
  const differences: string[] = [];
  let bytes = 0;
  const objects = expected.objects.flatMap((object) => {
    const now = found.get(object.key) ?? null;
    if (!now) {
      differences.push(`${object.key} version ${object.versionId} is gone`);
      return [];
    }
    bytes += now.bytes;
    if (now.sha256 !== object.sha256) differences.push(`${object.key} version ${object.versionId} has SHA-256 ${now.sha256}, the manifest says ${object.sha256}`);
    return [{ ...object, ...now }];
  });
  const { text, contentSha256 } = sealManifest({ ...expected, objects });
  if (text !== stored.text) differences.push(`the rebuilt manifest has SHA-256 ${contentSha256}, the stored one ${sha256(stored.text)}`);
  if (sha256(stored.text) !== stored.contentSha256) differences.push(`the stored manifest has SHA-256 ${sha256(stored.text)}, the dataset says ${stored.contentSha256}`);
  return { text, contentSha256, bytes, differences };
};

/** What a version is made of: its ingests, and the compactions whose merged files it pins. */
export const pinnedIds = ({ ingests, objects }: DatasetManifest): string[] => [
  ...ingests.map(({ ingestId }) => ingestId),
  ...new Set(objects.flatMap(({ compactionId }) => (compactionId ? [compactionId] : []))),
];

/** For each table and partition of a version the addresses of its files, one a line: what a query engine reads in place of a listing. */
export const fileLists = ({ objects }: DatasetManifest): { table: string; partition: number; text: string }[] =>
  [...Map.groupBy(objects, ({ table, partition }) => `${table} ${partition}`).values()].map((some) => ({
    table: some[0]!.table,
    partition: some[0]!.partition,
    text: some.map(({ bucket, key }) => `s3://${bucket}/${key}\n`).join(''),
  }));
