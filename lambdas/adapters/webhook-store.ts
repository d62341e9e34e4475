import type { Webhook } from '../contracts/webhook.ts';
import { createDocument, getDocument, queryDocuments, updateDocument } from './documents.ts';
import { below } from './tracking/addresses.ts';

/** Ids sort by the time they were made. */
const address = (project: string, webhookId: string) => ({ pk: below(project, 'WEBHOOKS'), sk: webhookId });
const STANDS = { deletedAt: 0 };

export const createWebhook = (table: string, project: string, webhook: Webhook): Promise<boolean> => createDocument(table, address(project, webhook.webhookId), webhook);

export const getWebhook = async (table: string, project: string, webhookId: string): Promise<Webhook | null> => {
  const webhook = await getDocument<Webhook>(table, address(project, webhookId));
  return webhook?.deletedAt === 0 ? webhook : null;
};

/** A project's webhooks, newest first. */
export const listWebhooks = async (table: string, project: string): Promise<Webhook[]> =>
  (await queryDocuments<Webhook>(table, address(project, '').pk, '', { newestFirst: true })).filter(({ deletedAt }) => deletedAt === 0);

/** False where there is none any more. */
export const updateWebhook = (table: string, project: string, webhookId: string, changes: Partial<Webhook>): Promise<boolean> =>
  updateDocument(table, address(project, webhookId), changes, STANDS);

/** A deleted webhook stays known by its id; its secret does not. */
export const deleteWebhook = (table: string, project: string, webhookId: string, now: number): Promise<boolean> =>
  updateDocument(table, address(project, webhookId), { deletedAt: now, updatedAt: now, secret: undefined }, STANDS);
