import { admittedIngests } from '../../adapters/admitted-ingests.ts';
import { keys } from '../../../config/catalog/stores.ts';
import { auditChain, fieldErrors, serve } from '../../adapters/api.ts';
import { createCreation, getCreation } from '../../adapters/dataset-creation-store.ts';
import { createRebuild, getRebuild } from '../../adapters/dataset-rebuild-store.ts';
import { getDataset } from '../../adapters/dataset-store.ts';
import { placeOfSample, placeOfUpload, putTicket } from '../../adapters/landing-zone.ts';
import { startMachine } from '../../adapters/machines.ts';
import { getVerified, getVerifiedJson, putObject } from '../../adapters/objects.ts';
import { createSample, getSample } from '../../adapters/sample-store.ts';
import { getUpload, putUpload } from '../../adapters/upload-store.ts';
import type { DatasetCreation, DatasetRebuild } from '../../contracts/dataset.ts';
import type { Sample, SampleResult } from '../../contracts/sample.ts';
import type { Upload } from '../../contracts/upload.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { arrivalOf } from '../../domain/lake/file-set.ts';
import { done, notFound, type Outcome, refused } from '../../contracts/outcome.ts';
import { SourceMap } from '../../domain/lake/formats.ts';
import { findSource, sourceNames } from '../../domain/lake/sources.ts';
import { ulid } from 'ulid';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

export const handler = serve(
  {
    createUpload: async ({ body, caller, audit }) => {
      if (!findSource(body.source)) return unknownSource(body.source);
      const now = new Date();
      const upload: Upload = {
        ...body,
        ...arrivalOf(body),
        uploadId: `upl_${ulid(now.getTime())}`,
        status: 'awaiting-file',
        createdAt: now.toISOString(),
        createdBy: caller.username,
      };
      await putUpload(env.LAKE_TABLE, upload);
      const { uploadId, source, use, bytes, sha256, files } = upload;
      Object.assign(audit, { uploadId, source, use, bytes, sha256, ...(files ? { files: files.length } : {}) });
      return done({ uploadId, ...(await putTicket(env.LANDING_BUCKET, placeOfUpload(uploadId), upload, now)) });
    },

    getUpload: async ({ params }) => {
      const upload = await getUpload(env.LAKE_TABLE, params.uploadId);
      return upload ? done(upload) : notFound('upload', params.uploadId);
    },

    createSourceCheck: async ({ body, caller, audit }) => {
      const { source, map, ...sent } = body;
      const named = map === undefined ? sourceOf(source!) : ownMap(map);
      if (!named.ok) return named;
      const checkId = `chk_${ulid()}`;
      const sample = await asked(checkId, named.value.name, { ...sent, ...arrivalOf(sent) }, caller.username, map);
      Object.assign(audit, { checkId, source: sample.name, ...(sample.map ? { mapSha256: sample.map.sha256 } : {}), sha256: sample.sha256 });
      return done({ checkId, ...(await putTicket(env.LANDING_BUCKET, placeOfSample(checkId), sample, new Date(sample.createdAt))) });
    },

    getSourceCheck: async ({ params: { checkId } }) => {
      const sample = await getSample(env.LAKE_TABLE, checkId);
      return sample ? done({ checkId, source: sample.name, ...(await looked(sample)) }) : notFound('source check', checkId);
    },

    createSourceDraft: async ({ body: { name, ...file }, caller, audit }) => {
      const draftId = `drf_${ulid()}`;
      const sample = await asked(draftId, name, file, caller.username);
      Object.assign(audit, { draftId, name, sha256: sample.sha256 });
      return done({ draftId, ...(await putTicket(env.LANDING_BUCKET, placeOfSample(draftId), sample, new Date(sample.createdAt))) });
    },

    getSourceDraft: async ({ params: { draftId } }) => {
      const sample = await getSample(env.LAKE_TABLE, draftId);
      return sample ? done({ draftId, name: sample.name, ...(await looked(sample)) }) : notFound('source draft', draftId);
    },

    createDataset: async ({ body, caller, audit }) => {
      const uploads = [...new Set(body.uploads)];
      const admitted = await admittedIngests(env.LAKE_TABLE, uploads);
      if (!admitted.ok) return admitted;
      const now = new Date();
      const creation: DatasetCreation = {
        ...{ creationId: `dsc_${ulid(now.getTime())}`, name: body.name, uploads, status: 'making', step: 'starting' },
        ...{ createdAt: now.toISOString(), createdBy: caller.username },
      };
      await createCreation(env.LAKE_TABLE, creation);
      await startMachine(env.PIN_MACHINE_ARN, creation.creationId, { creationId: creation.creationId });
      Object.assign(audit, { creationId: creation.creationId, name: body.name, uploads });
      return done(creation);
    },

    getDatasetCreation: async ({ params }) => {
      const creation = await getCreation(env.LAKE_TABLE, params.creationId);
      return creation ? done(creation) : notFound('dataset creation', params.creationId);
    },

    getDataset: async ({ params }) => {
      const dataset = await getDataset(env.LAKE_TABLE, params.datasetId);
      return dataset ? done(dataset) : notFound('dataset', params.datasetId);
    },

    getDatasetQuality: async ({ params }) => {
      const dataset = await getDataset(env.LAKE_TABLE, params.datasetId);
      return dataset?.quality ? done((await getVerified(dataset.quality.page)).toString('utf8')) : notFound('data quality of dataset', params.datasetId);
    },

    rebuildDataset: async ({ params: { datasetId }, caller, audit }) => {
      if (!(await getDataset(env.LAKE_TABLE, datasetId))) return notFound('dataset', datasetId);
      const now = new Date();
      const rebuild: DatasetRebuild = { rebuildId: `dsr_${ulid(now.getTime())}`, datasetId, status: 'rebuilding', createdAt: now.toISOString(), createdBy: caller.username };
      await createRebuild(env.LAKE_TABLE, rebuild);
      await startMachine(env.REBUILD_MACHINE_ARN, rebuild.rebuildId, { rebuildId: rebuild.rebuildId });
      Object.assign(audit, { rebuildId: rebuild.rebuildId });
      return done(rebuild);
    },

    getDatasetRebuild: async ({ params }) => {
      const rebuild = await getRebuild(env.LAKE_TABLE, params.rebuildId);
      return rebuild ? done(rebuild) : notFound('dataset rebuild', params.rebuildId);
    },

    listSources: async () =>
      done({
        items: sourceNames().map((sourceName) => {
          const { name, title, format, version } = findSource(sourceName)!;
          return { name, title, format, version };
        }),
      }),
  },
  auditChain(env.AUDIT_TABLE),
);

const unknownSource = (source: string) => {
  const allowed = `one of ${sourceNames().join(', ')}`;
  return refused(400, 'Unknown source', `source: "${source}" is not ${allowed}`, [{ field: 'source', value: source, allowed }]);
};

const sourceOf = (name: string): Outcome<SourceMap> => {
  const source = findSource(name);
  return source ? done(source) : unknownSource(name);
};

/** A caller's own map. What is wrong is told by key and what is allowed there, not by its value: a map may name its one patient. */
const ownMap = (content: Record<string, unknown>): Outcome<SourceMap> => {
  const parsed = SourceMap.safeParse(content);
  if (parsed.success) return done(parsed.data);
  const errors = fieldErrors(parsed.error, content).map(({ field, allowed }) => ({ field: field === '' ? 'map' : `map.${field}`, allowed }));
  return refused(400, 'Invalid source map', errors.map(({ field, allowed }) => `${field}: ${allowed}`).join('; '), errors);
};

/** Keeps what was asked of a sample that is still to come. */
const asked = async (
  sampleId: string,
  name: string,
  file: Pick<Sample, 'bytes' | 'sha256' | 'extension' | 'files'>,
  createdBy: string,
  map?: Record<string, unknown>,
): Promise<Sample> => {
  const stored = map && { map: await putObject({ bucket: env.LANDING_BUCKET, key: keys.sampleMap(sampleId) }, canonicalJson(map), 'application/json') };
  const sample: Sample = { sampleId, name, ...stored, ...file, status: 'awaiting-file', createdAt: new Date().toISOString(), createdBy };
  await createSample(env.LAKE_TABLE, sample);
  return sample;
};

/** How far the reading of a sample is, and what it came to. */
const looked = async ({ status, createdAt, createdBy, endedAt, detail, result }: Sample) => ({
  ...{ status, createdAt, createdBy, ...(endedAt ? { endedAt } : {}), ...(detail ? { detail } : {}) },
  ...(result ? ((await getVerifiedJson(result)) as SampleResult) : {}),
});
