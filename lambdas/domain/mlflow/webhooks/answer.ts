import { WEBHOOK_LIMITS } from '../../../../config/catalog/webhooks.ts';
import { type Outcome, done } from '../../../contracts/outcome.ts';
import type { Webhook } from '../../../contracts/webhook.ts';
import { absent, invalid } from '../refusals.ts';
import { isPlatformEvent, protoEvent } from './subscription.ts';

/** A webhook as MLflow's protocol answers it: the secret never leaves. */
export const answered = ({ webhookId, name, description, url, events, status, createdAt, updatedAt }: Webhook) => {
  const platformEvents = events.filter(isPlatformEvent);
  return {
    webhook_id: webhookId,
    name,
    ...(description ? { description } : {}),
    url,
    events: events.filter((event) => !isPlatformEvent(event)).map(protoEvent),
    ...(platformEvents.length > 0 ? { platform_events: platformEvents } : {}),
    status,
    creation_timestamp: createdAt,
    last_updated_timestamp: updatedAt,
  };
};

export const noWebhook = (webhookId: string): Outcome<never> => absent(`Webhook with ID ${webhookId} not found.`);

const USUAL_PAGE = 100;
type Page = { webhooks?: ReturnType<typeof answered>[]; next_page_token?: string };

/** One page of a project's webhooks, which come newest first. The token names the last of the page before. */
export const pageOf = (webhooks: readonly Webhook[], asked: { max_results?: number | undefined; page_token?: string | undefined }): Outcome<Page> => {
  const most = asked.max_results || USUAL_PAGE;
  if (most < 1 || most > WEBHOOK_LIMITS.mostListed) return invalid('max_results must be between 1 and 1000.');
  const after = asked.page_token ? Buffer.from(asked.page_token, 'base64url').toString('utf8') : undefined;
  if (after !== undefined && !after.startsWith('whk_')) return invalid('Invalid page token, could not base64-decode');
  const rest = after === undefined ? webhooks : webhooks.filter(({ webhookId }) => webhookId < after);
  const page = rest.slice(0, most);
  return done({
    ...(page.length > 0 ? { webhooks: page.map(answered) } : {}),
    ...(rest.length > most ? { next_page_token: Buffer.from(page.at(-1)!.webhookId).toString('base64url') } : {}),
  });
};
