import * as z from 'zod';
import { RegistryEvent } from '../../contracts/registry-event.ts';

export const Environment = z.object({ REGISTRY_TABLE: z.string(), NAME_PREFIX: z.string(), CONTAINER_IMAGE: z.string() });
/** What EventBridge's rule hands over. */
export const Event = z.object({ detail: RegistryEvent });
/** The model and version that an event of a version tells of. */
export const OfVersion = z.object({ name: z.string(), version: z.coerce.number().int().min(1) });
