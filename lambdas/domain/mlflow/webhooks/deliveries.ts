import { type RegistryEvent, typeOf } from '../../../contracts/registry-event.ts';
import type { Delivery, Webhook } from '../../../contracts/webhook.ts';
import { deliveryId } from './message.ts';

/** Whether a webhook takes an event now. */
export const takes = ({ status, events }: Webhook, event: Pick<RegistryEvent, 'entity' | 'action'>): boolean => status === 'ACTIVE' && events.includes(typeOf(event));

/** The deliveries of an event. */
export const deliveriesOf = (event: RegistryEvent, webhooks: readonly Webhook[]): Delivery[] =>
  webhooks.filter((webhook) => takes(webhook, event)).map(({ webhookId }) => ({ ...event, webhookId, deliveryId: deliveryId(event.eventId, webhookId) }));
