import { keys } from '../../../config/catalog/stores.ts';
import { noteCreation } from '../../adapters/dataset-creation-store.ts';
import { checkSource } from '../../adapters/dataset-objects.ts';
import { getVerified, putObject } from '../../adapters/objects.ts';
import { step } from '../../adapters/step.ts';
import { DatasetManifest } from '../../contracts/dataset.ts';
import type { ObjectVersion } from '../../contracts/object.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** Every check on the rows of one source of the version. A breach is told when all sources' results are there. */
export const handler = step(Input, async ({ creationId, manifest, source }): Promise<ObjectVersion> => {
  await noteCreation(env.LAKE_TABLE, creationId, { step: `checking the quality of ${source}` });
  const results = await checkSource(DatasetManifest.parse(JSON.parse((await getVerified(manifest)).toString('utf8'))), source);
  return putObject({ bucket: env.LAKE_BUCKET, key: keys.creationQuality(creationId, source) }, canonicalJson(results), 'application/json');
});
