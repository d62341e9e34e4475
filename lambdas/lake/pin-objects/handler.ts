import { LAKE_PARTITIONS, keys } from '../../../config/catalog/stores.ts';
import { admittedIngests } from '../../adapters/admitted-ingests.ts';
import { listCompactions } from '../../adapters/compaction-store.ts';
import { noteCreation, requireCreation } from '../../adapters/dataset-creation-store.ts';
import { pinObjects } from '../../adapters/dataset-objects.ts';
import { getDataset } from '../../adapters/dataset-store.ts';
import { putObject } from '../../adapters/objects.ts';
import { step } from '../../adapters/step.ts';
import { withdrawnPeople } from '../../adapters/withdrawal-store.ts';
import type { DatasetAnonymity } from '../../contracts/dataset.ts';
import type { ObjectVersion } from '../../contracts/object.ts';
import { type Problem, problemOf } from '../../contracts/outcome.ts';
import { anonymityOf, tooFewAlike } from '../../domain/lake/anonymity.ts';
import { sealManifest } from '../../domain/lake/manifest.ts';
import { qualityBranches } from '../../domain/lake/quality/sources-of.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

type Pinned =
  | { outcome: 'pinned'; datasetId: string; manifest: ObjectVersion; patients: number; anonymity: DatasetAnonymity; branches: string[][] }
  | { outcome: 'known'; datasetId: string }
  | { outcome: 'refused'; problem: Problem };

/** Which objects is the version made of? Content that is known already is the version that stands. */
export const handler = step(Input, async ({ creationId }): Promise<Pinned> => {
  const { uploads } = await requireCreation(env.LAKE_TABLE, creationId);
  await noteCreation(env.LAKE_TABLE, creationId, { step: 'pinning objects' });
  const admitted = await admittedIngests(env.LAKE_TABLE, uploads);
  if (!admitted.ok) return { outcome: 'refused', problem: admitted.problem };
  const { ingests, deidentification } = admitted.value;
  const compactions = (await Promise.all(Array.from({ length: LAKE_PARTITIONS }, (_, partition) => listCompactions(env.LAKE_TABLE, partition)))).flat();
  const { manifest, patients, alike } = await pinObjects({ ingests, compactions }, deidentification, await withdrawnPeople(env.LAKE_TABLE));
  const { text, datasetId } = sealManifest(manifest);
  if (await getDataset(env.LAKE_TABLE, datasetId)) return { outcome: 'known', datasetId };
  const anonymity = anonymityOf(alike, deidentification);
  const refusal = tooFewAlike(anonymity);
  if (refusal) return { outcome: 'refused', problem: problemOf(409, 'Too few alike', refusal) };
  return {
    outcome: 'pinned',
    datasetId,
    manifest: await putObject({ bucket: env.LAKE_BUCKET, key: keys.creationManifest(creationId) }, text, 'application/json'),
    patients,
    anonymity,
    branches: qualityBranches(manifest),
  };
});
