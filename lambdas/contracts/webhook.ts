import * as z from 'zod';
import { Timestamp } from './ids.ts';
import { ProjectName } from './project.ts';

const epochMilliseconds = z.number().int();

/** A receiver of a project's registry events. */
export const Webhook = z.object({
  webhookId: z.string(),
  name: z.string(),
  url: z.string(),
  /** `<entity>.<action>`, MLflow's and the platform's */
  events: z.array(z.string()).min(1),
  description: z.string().optional(),
  status: z.enum(['ACTIVE', 'DISABLED']),
  /** what deliveries are signed with, encrypted by KMS for this webhook alone; base64 */
  secret: z.string().optional(),
  createdAt: epochMilliseconds,
  updatedAt: epochMilliseconds,
  /** 0: it stands */
  deletedAt: epochMilliseconds,
});
export type Webhook = z.infer<typeof Webhook>;

/** One event on its way to one webhook. The id stays the same however often it is tried: receivers drop what they have seen. */
export const Delivery = z.object({
  deliveryId: z.uuid(),
  project: ProjectName,
  webhookId: z.string(),
  eventId: z.string(),
  entity: z.string(),
  action: z.string(),
  at: Timestamp,
  data: z.record(z.string(), z.unknown()),
});
export type Delivery = z.infer<typeof Delivery>;

/** What came of a delivery in the end: taken, not taken and not to be tried again, tried in vain until it was given up, or not wanted any more. */
export type DeliveryEnd = 'delivered' | 'refused' | 'given-up' | 'dropped';
