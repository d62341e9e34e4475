import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ulid } from 'ulid';
import { REGISTRY_SOURCE, type RegistryChange, type RegistryEvent } from '../contracts/registry-event.ts';
import { log, redactedStack } from './log.ts';

let client: EventBridgeClient | undefined;
const eventBridge = (): EventBridgeClient => (client ??= new EventBridgeClient({}));

/**
 * Tells what happened in a registry, once it stands. The change is made by then: a caller who got an error would make it twice, so that an
 * event which the bus does not take, after the SDK's own attempts, is logged and does not fail the call. A step that may run twice names the
 * event, so that receivers get it once.
 */
export const publishRegistryEvent = async (busName: string, { project, type, data }: RegistryChange, eventId = `rge_${ulid()}`): Promise<void> => {
  const [entity, action] = type.split('.') as [string, string];
  const now = new Date();
  const event: RegistryEvent = { eventId, project, entity, action, at: now.toISOString(), data };
  try {
    const { Entries } = await eventBridge().send(
      new PutEventsCommand({ Entries: [{ EventBusName: busName, Source: REGISTRY_SOURCE, DetailType: type, Detail: JSON.stringify(event), Time: now }] }),
    );
    const code = Entries?.[0]?.ErrorCode;
    if (code) log.error('registry event not published', { eventId, project, type, code });
  } catch (error) {
    log.error('registry event not published', { eventId, project, type, name: (error as Error).name, stack: redactedStack(error) });
  }
};
