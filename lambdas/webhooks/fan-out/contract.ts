import * as z from 'zod';
import { RegistryEvent } from '../../contracts/registry-event.ts';

export const Environment = z.object({ TRACKING_TABLE: z.string(), DELIVERIES_QUEUE_URL: z.string() });
/** The message that EventBridge's rule leaves in the queue. */
export const Message = z.object({ detail: RegistryEvent });
