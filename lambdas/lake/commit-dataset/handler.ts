import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { noteCreation, requireCreation } from '../../adapters/dataset-creation-store.ts';
import { keepManifest, keepQuality } from '../../adapters/dataset-objects.ts';
import { putDataset } from '../../adapters/dataset-store.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { getVerified, getVerifiedJson } from '../../adapters/objects.ts';
import { step } from '../../adapters/step.ts';
import { DatasetManifest } from '../../contracts/dataset.ts';
import { type Problem, problemOf } from '../../contracts/outcome.ts';
import { pinnedIds } from '../../domain/lake/manifest.ts';
import type { QualityResult } from '../../domain/lake/quality/results.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'pin:CommitDataset';

type Committed = { outcome: 'made'; datasetId: string } | { outcome: 'refused'; problem: Problem };

/** All sources' results together: a breach stops the version, else it stands. Lineage and audit come before its document, so that no version lacks them. */
export const handler = step(Input, async ({ creationId, pinned, checked }): Promise<Committed> => {
  const { name, uploads, createdBy } = await requireCreation(env.LAKE_TABLE, creationId);
  await noteCreation(env.LAKE_TABLE, creationId, { step: 'recording' });
  const { datasetId, patients, anonymity } = pinned;
  const results: QualityResult[] = [];
  for (const object of checked) results.push(...((await getVerifiedJson(object)) as QualityResult[]));
  const { quality, breach } = await keepQuality(env.LAKE_BUCKET, datasetId, name, results);
  if (breach) return { outcome: 'refused', problem: problemOf(409, 'Data quality', `${breach}; every result lies at s3://${env.LAKE_BUCKET}/${quality.page.key}`) };
  const text = (await getVerified(pinned.manifest)).toString('utf8');
  const manifest = DatasetManifest.parse(JSON.parse(text));
  const createdAt = new Date().toISOString();
  const contentSha256 = pinned.manifest.sha256;
  await addEdges(
    env.LINEAGE_TABLE,
    pinnedIds(manifest).map((from) => ({ from, to: datasetId, relation: 'pinned' })),
    createdAt,
  );
  await appendAudit(
    env.AUDIT_TABLE,
    { who: servicePrincipal(STATE), what: STATE, result: 'success', data: { creationId, datasetId, contentSha256, patients, objects: manifest.objects.length, uploads } },
    `${STATE}:${creationId}`,
  );
  const object = await keepManifest(env.LAKE_BUCKET, datasetId, text, manifest);
  const { dataset } = await putDataset(env.LAKE_TABLE, {
    datasetId,
    name,
    createdAt,
    createdBy,
    manifest: object,
    contentSha256,
    patients,
    anonymity,
    quality,
    ingests: manifest.ingests,
  });
  return { outcome: 'made', datasetId: dataset.datasetId };
});
