import * as z from 'zod';
import type { PLATFORM_EVENTS } from '../../config/catalog/webhooks.ts';
import { Timestamp } from './ids.ts';
import { ProjectName } from './project.ts';

const name = z.string();
const version = z.string();
const tags = z.record(z.string(), z.string());
const description = z.string().nullable();

/**
 * What happens in a registry, and what is told of it: registry metadata alone, in the words of MLflow's webhooks (mlflow.webhooks.types,
 * 3.12), and four kinds of this platform's own.
 */
const DATA = {
  'registered_model.created': z.object({ name, tags, description }),
  'model_version.created': z.object({ name, version, source: z.string(), run_id: z.string().nullable(), tags, description }),
  'model_version_tag.set': z.object({ name, version, key: z.string(), value: z.string() }),
  'model_version_tag.deleted': z.object({ name, version, key: z.string() }),
  'model_version_alias.created': z.object({ name, alias: z.string(), version }),
  'model_version_alias.deleted': z.object({ name, alias: z.string() }),
  'model_version_stage.changed': z.object({ name, version, from_stage: z.string(), to_stage: z.string() }),
  'model_version_signature.created': z.object({ name, version, signature_id: z.string() }),
  'model_version_deprecation.changed': z.object({ name, version, deprecated: z.boolean(), reason: z.string() }),
  'rollout.changed': z.object({ name, version, rollout_id: z.string(), stage: z.string() }),
} satisfies Record<string, z.ZodObject> & Record<(typeof PLATFORM_EVENTS)[number], z.ZodObject>;

export type RegistryEventType = keyof typeof DATA;
export const REGISTRY_EVENT_TYPES = Object.keys(DATA) as RegistryEventType[];

/** As its publisher gives it. */
export type RegistryChange = { [T in RegistryEventType]: { project: string; type: T; data: z.infer<(typeof DATA)[T]> } }[RegistryEventType];

/** On the bus: `source` and `detail-type` as here, and the event as its `detail`. */
export const REGISTRY_SOURCE = 'proband.registry';
export const RegistryEvent = z
  .object({ eventId: z.string().max(200), project: ProjectName, entity: z.string(), action: z.string(), at: Timestamp, data: z.record(z.string(), z.unknown()) })
  .superRefine(({ entity, action, data }, context) => {
    const fits = (DATA as Record<string, z.ZodObject>)[`${entity}.${action}`]?.safeParse(data);
    if (!fits?.success) context.addIssue({ code: 'custom', path: ['data'], message: `is not what ${entity}.${action} tells` });
  });
export type RegistryEvent = z.infer<typeof RegistryEvent>;

export const typeOf = ({ entity, action }: Pick<RegistryEvent, 'entity' | 'action'>): string => `${entity}.${action}`;
