import { log } from '../../adapters/log.ts';
import { getVersion } from '../../adapters/model-version-store.ts';
import { mirrorVersion } from '../../adapters/sagemaker-registry.ts';
import { Environment, Event, OfVersion } from './contract.ts';

const env = Environment.parse(process.env);

/**
 * Brings a version's model package to what the version is now. An event only says which version: events may come twice or out of order.
 */
export const handler = async (event: unknown): Promise<void> => {
  const { detail } = Event.parse(event);
  const { name, version } = OfVersion.parse(detail.data);
  const arn = await mirrorVersion(env, () => getVersion(env.REGISTRY_TABLE, name, version));
  log.info('mirrored', { eventId: detail.eventId, model: name, version, arn });
};
