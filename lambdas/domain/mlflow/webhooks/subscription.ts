import { MLFLOW_EVENTS, PLATFORM_EVENTS } from '../../../../config/catalog/webhooks.ts';
import { type Outcome, done } from '../../../contracts/outcome.ts';
import { invalid, invalidValue } from '../refusals.ts';

/** An event as MLflow's protocol spells it: names of protobuf's enumerations. */
export type ProtoEvent = { entity: string; action: string };

const ACTIONS: Readonly<Record<string, readonly string[]>> = MLFLOW_EVENTS;

/** `{entity: 'MODEL_VERSION', action: 'CREATED'}` → `model_version.created` */
export const eventOf = (given: Record<string, unknown>, member = 'events'): Outcome<string> => {
  const [entity, action] = [given['entity'], given['action']].map((value) => (typeof value === 'string' && value === value.toUpperCase() ? value.toLowerCase() : undefined));
  const valid = entity !== undefined && Object.hasOwn(ACTIONS, entity) ? ACTIONS[entity]! : undefined;
  if (entity === undefined || action === undefined || !valid) {
    const entities = Object.keys(ACTIONS).map((name) => name.toUpperCase());
    return invalid(invalidValue(member, given, `an event has an entity (${entities.join(', ')}) and an action of it`));
  }
  if (!valid.includes(action)) return invalid(`Invalid action '${action}' for entity '${entity}'. Valid actions are: [${valid.map((name) => `'${name}'`).join(', ')}]`);
  return done(`${entity}.${action}`);
};

/** MLflow's events of a request, each once; those of none are none. */
export const eventsOf = (given: readonly Record<string, unknown>[]): Outcome<string[]> => {
  const events = new Set<string>();
  for (const one of given) {
    const event = eventOf(one);
    if (!event.ok) return event;
    events.add(event.value);
  }
  return done([...events]);
};

export const platformEventsOf = (given: readonly string[]): Outcome<string[]> => {
  const unknown = given.find((event) => !isPlatformEvent(event));
  return unknown === undefined ? done([...new Set(given)]) : invalid(invalidValue('platform_events', unknown, `allowed are ${PLATFORM_EVENTS.join(', ')}`));
};

export const isPlatformEvent = (event: string): boolean => (PLATFORM_EVENTS as readonly string[]).includes(event);

/** `model_version.created` → `{entity: 'MODEL_VERSION', action: 'CREATED'}` */
export const protoEvent = (event: string): ProtoEvent => {
  const [entity, action] = event.toUpperCase().split('.') as [string, string];
  return { entity, action };
};
