import { admittedIngests } from '../../adapters/admitted-ingests.ts';
import { auditChain, serve } from '../../adapters/api.ts';
import { createCreation, getCreation } from '../../adapters/dataset-creation-store.ts';
import { createRebuild, getRebuild } from '../../adapters/dataset-rebuild-store.ts';
import { getDataset } from '../../adapters/dataset-store.ts';
import { uploadTicket } from '../../adapters/landing-zone.ts';
import { startMachine } from '../../adapters/machines.ts';
import { getVerified } from '../../adapters/objects.ts';
import { getUpload, putUpload } from '../../adapters/upload-store.ts';
import type { DatasetCreation, DatasetRebuild } from '../../contracts/dataset.ts';
import type { Upload } from '../../contracts/upload.ts';
import { arrivalOf } from '../../domain/lake/file-set.ts';
import { done, notFound, refused } from '../../contracts/outcome.ts';
import { findSource, sourceNames } from '../../domain/lake/sources.ts';
import { ulid } from 'ulid';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

export const handler = serve(
  {
    createUpload: async ({ body, caller, audit }) => {
      if (!findSource(body.source)) {
        const allowed = `one of ${sourceNames().join(', ')}`;
        return refused(400, 'Unknown source', `source: "${body.source}" is not ${allowed}`, [{ field: 'source', value: body.source, allowed }]);
      }
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
      return done(await uploadTicket(env.LANDING_BUCKET, upload, now));
    },

    getUpload: async ({ params }) => {
      const upload = await getUpload(env.LAKE_TABLE, params.uploadId);
      return upload ? done(upload) : notFound('upload', params.uploadId);
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
