import { LAKE_PARTITIONS } from '../../../config/catalog/stores.ts';
import { auditChain, serve } from '../../adapters/api.ts';
import { getCompaction, listCompactions } from '../../adapters/compaction-store.ts';
import { makeDataset, rebuildDataset } from '../../adapters/dataset-objects.ts';
import { getDataset, putDataset } from '../../adapters/dataset-store.ts';
import { getIngest } from '../../adapters/ingest-store.ts';
import { uploadTicket } from '../../adapters/landing-zone.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { getVerified } from '../../adapters/objects.ts';
import { getUpload, putUpload } from '../../adapters/upload-store.ts';
import type { Compaction } from '../../contracts/compaction.ts';
import type { DatasetObject, Ingest } from '../../contracts/dataset.ts';
import type { Upload } from '../../contracts/upload.ts';
import { arrivalOf } from '../../domain/lake/file-set.ts';
import { withdrawnPeople } from '../../adapters/withdrawal-store.ts';
import { done, notFound, refused } from '../../contracts/outcome.ts';
import { admittedOnly, sharedProfile } from '../../domain/lake/manifest.ts';
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
      const uploadIds = [...new Set(body.uploads)];
      const uploads = admittedOnly(await Promise.all(uploadIds.map(async (uploadId) => ({ uploadId, upload: await getUpload(env.LAKE_TABLE, uploadId) }))));
      if (!uploads.ok) return uploads;
      const ingests = await ingestsOf(uploads.value.map(({ ingestId }) => ingestId!));
      const profile = sharedProfile(ingests);
      if (!profile.ok) return profile;
      const made = await makeDataset(env.LAKE_BUCKET, { ingests, compactions: await allCompactions() }, profile.value, {
        name: body.name,
        createdBy: caller.username,
        now: new Date(),
        withdrawn: await withdrawnPeople(env.LAKE_TABLE),
        known: (id) => getDataset(env.LAKE_TABLE, id),
      });
      if (!made.ok) return made;
      await addEdges(
        env.LINEAGE_TABLE,
        made.value.ingests.map(({ ingestId }) => ({ from: ingestId, to: made.value.datasetId, relation: 'pinned' })),
        made.value.createdAt,
      );
      const { dataset, created } = await putDataset(env.LAKE_TABLE, made.value);
      Object.assign(audit, { datasetId: dataset.datasetId, contentSha256: dataset.contentSha256, uploads: uploadIds, created });
      return done(dataset, created ? 201 : 200);
    },

    getDataset: async ({ params }) => {
      const dataset = await getDataset(env.LAKE_TABLE, params.datasetId);
      return dataset ? done(dataset) : notFound('dataset', params.datasetId);
    },

    getDatasetQuality: async ({ params }) => {
      const dataset = await getDataset(env.LAKE_TABLE, params.datasetId);
      return dataset?.quality ? done((await getVerified(dataset.quality.page)).toString('utf8')) : notFound('data quality of dataset', params.datasetId);
    },

    rebuildDataset: async ({ params, audit }) => {
      const dataset = await getDataset(env.LAKE_TABLE, params.datasetId);
      if (!dataset) return notFound('dataset', params.datasetId);
      const rebuild = await rebuildDataset(env.LAKE_BUCKET, dataset, async ({ objects }) => ({
        ingests: await ingestsOf(dataset.ingests.map(({ ingestId }) => ingestId)),
        compactions: await compactionsOf(objects),
      }));
      Object.assign(audit, { identical: rebuild.identical, objects: rebuild.objects, contentSha256: rebuild.contentSha256 });
      return done(rebuild);
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

const ingestsOf = (ingestIds: readonly string[]): Promise<Ingest[]> =>
  Promise.all(
    ingestIds.map(async (ingestId) => {
      const ingest = await getIngest(env.LAKE_TABLE, ingestId);
      if (!ingest) throw new Error(`${ingestId} is named by an admitted upload or a dataset and does not exist`);
      return ingest;
    }),
  );

const allCompactions = async (): Promise<Compaction[]> =>
  (await Promise.all(Array.from({ length: LAKE_PARTITIONS }, (_, partition) => listCompactions(env.LAKE_TABLE, partition)))).flat();

/** Those whose objects a manifest pins. */
const compactionsOf = async (objects: readonly DatasetObject[]): Promise<Compaction[]> => {
  const places = new Map(objects.flatMap(({ compactionId, partition }) => (compactionId ? [[compactionId, partition] as const] : [])));
  return Promise.all(
    [...places].map(async ([compactionId, partition]) => {
      const compaction = await getCompaction(env.LAKE_TABLE, partition, compactionId);
      if (!compaction) throw new Error(`${compactionId} is named by a dataset and does not exist`);
      return compaction;
    }),
  );
};
