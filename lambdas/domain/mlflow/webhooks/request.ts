import { WEBHOOK_LIMITS } from '../../../../config/catalog/webhooks.ts';
import { type Outcome, done } from '../../../contracts/outcome.ts';
import type { Webhook } from '../../../contracts/webhook.ts';
import { quoted } from '../../tracking/names.ts';
import { invalid, invalidValue, tooLong } from '../refusals.ts';
import { type AddressRules, judgeAddress } from './address.ts';
import { eventsOf, isPlatformEvent, platformEventsOf } from './subscription.ts';

/** What a request to make or to change a webhook holds; empty text and empty lists are not given. */
export type Given = {
  name?: string | undefined;
  url?: string | undefined;
  events: Record<string, unknown>[];
  platform_events: string[];
  description?: string | undefined;
  secret?: string | undefined;
  status?: string | undefined;
};
/** What it asks for; the secret is yet to be encrypted. */
export type Wanted = { name?: string; url?: string; events?: string[]; description?: string; secret?: string; status?: Webhook['status'] };

const NAME = /^(?=.{1,63}$)[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i;
const STATUSES = ['ACTIVE', 'DISABLED'] as const;

/** Reads a new webhook. */
export const newWebhook = (given: Given, rules: AddressRules): Outcome<Wanted & { name: string; url: string; events: string[] }> => {
  const wanted = changedWebhook(given, [], rules);
  if (!wanted.ok) return wanted;
  const { name, url, events } = wanted.value;
  if (!events?.some((event) => !isPlatformEvent(event))) return invalid('Webhook events must be a non-empty list of WebhookEvent objects: [].');
  return done({ ...wanted.value, name: name!, url: url!, events });
};

/** Reads what shall change; events of MLflow and of the platform replace those of their kind among `before`. */
export const changedWebhook = (given: Given, before: readonly string[], rules: AddressRules): Outcome<Wanted> => {
  const events = eventsOf(given.events);
  if (!events.ok) return events;
  const platform = platformEventsOf(given.platform_events);
  if (!platform.ok) return platform;
  const { name, url, description, secret, status } = given;
  if (status && !(STATUSES as readonly string[]).includes(status)) return invalid(invalidValue('status', status, `allowed are ${STATUSES.join(', ')}`));
  if (name && !NAME.test(name)) return invalid(invalidName(name));
  const address = url ? judgeAddress(url, rules) : done(null);
  if (!address.ok) return address;
  for (const [member, text] of Object.entries({ url, description, secret }) as ['url' | 'description' | 'secret', string | undefined][])
    if ((text?.length ?? 0) > WEBHOOK_LIMITS[member]) return invalid(tooLong(member, WEBHOOK_LIMITS[member]));
  const changed = events.value.length > 0 || platform.value.length > 0;
  return done({
    ...(name ? { name } : {}),
    ...(url ? { url } : {}),
    ...(changed ? { events: [...eventsOr(events.value, before, false), ...eventsOr(platform.value, before, true)] } : {}),
    ...(description ? { description } : {}),
    ...(secret ? { secret } : {}),
    ...(status ? { status: status as Webhook['status'] } : {}),
  });
};

const eventsOr = (given: readonly string[], before: readonly string[], ofPlatform: boolean): readonly string[] =>
  given.length > 0 ? given : before.filter((event) => isPlatformEvent(event) === ofPlatform);

const invalidName = (name: string): string =>
  `Webhook name ${quoted(name)} is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).`;
