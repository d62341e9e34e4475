import { keys } from '../../../config/catalog/stores.ts';
import { noteCreation } from '../../adapters/dataset-creation-store.ts';
import { checkSources } from '../../adapters/dataset-objects.ts';
import { getVerifiedJson, putObject } from '../../adapters/objects.ts';
import { step } from '../../adapters/step.ts';
import { DatasetManifest } from '../../contracts/dataset.ts';
import type { ObjectVersion } from '../../contracts/object.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

/** Every check on the rows of these sources of the version, each apart. A breach is told when all sources' results are there. */
export const handler = step(Input, async ({ creationId, manifest, sources }): Promise<ObjectVersion> => {
  await noteCreation(env.LAKE_TABLE, creationId, { step: `checking the quality of ${sources.join(', ')}` });
  const results = await checkSources(DatasetManifest.parse(await getVerifiedJson(manifest)), sources);
  return putObject({ bucket: env.LAKE_BUCKET, key: keys.creationQuality(creationId, sources[0]!) }, canonicalJson(results), 'application/json');
});
