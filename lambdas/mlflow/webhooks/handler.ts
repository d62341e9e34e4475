import { randomUUID } from 'node:crypto';
import { ulid } from 'ulid';
import { auditQueue } from '../../adapters/audit-queue.ts';
import { type Call, serveMlflow } from '../../adapters/mlflow-api.ts';
import { httpExchange, isPublic } from '../../adapters/outbound-http.ts';
import { postTo } from '../../adapters/webhook-post.ts';
import { sealSecret } from '../../adapters/webhook-secret.ts';
import { createWebhook, deleteWebhook, getWebhook, listWebhooks, updateWebhook } from '../../adapters/webhook-store.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import type { Webhook } from '../../contracts/webhook.ts';
import { answered, noWebhook, pageOf } from '../../domain/mlflow/webhooks/answer.ts';
import { exampleOf } from '../../domain/mlflow/webhooks/example.ts';
import { bodyOf } from '../../domain/mlflow/webhooks/message.ts';
import { changedWebhook, newWebhook } from '../../domain/mlflow/webhooks/request.ts';
import { eventOf } from '../../domain/mlflow/webhooks/subscription.ts';
import { testResult } from '../../domain/mlflow/webhooks/test-result.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);
const table = env.TRACKING_TABLE;
const reach = { loopback: env.WEBHOOK_LOOPBACK === '1' };
const rules = { ...reach, isPublic };
const sender = { keyId: env.WEBHOOK_KEY_ID, exchange: httpExchange(reach) };

export const handler = serveMlflow(
  {
    createWebhook: async ({ fields, project: { project }, audit }) => {
      const wanted = newWebhook(fields, rules);
      if (!wanted.ok) return wanted;
      const { secret, ...members } = wanted.value;
      const now = Date.now();
      const webhookId = `whk_${ulid(now)}`;
      Object.assign(audit, { webhookId, events: members.events });
      const webhook: Webhook = { status: 'ACTIVE', ...members, ...(await sealed(project, webhookId, secret)), webhookId, createdAt: now, updatedAt: now, deletedAt: 0 };
      await createWebhook(table, project, webhook);
      return done({ webhook: answered(webhook) });
    },

    listWebhooks: async ({ fields, project: { project } }) => pageOf(await listWebhooks(table, project), fields),

    getWebhook: (call) => withWebhook(call, async (webhook) => done({ webhook: answered(webhook) })),

    updateWebhook: (call) =>
      withWebhook(call, async (before) => {
        const { project } = call.project;
        const wanted = changedWebhook(call.fields, before.events, rules);
        if (!wanted.ok) return wanted;
        const { secret, ...members } = wanted.value;
        const changes: Partial<Webhook> = { ...members, ...(await sealed(project, before.webhookId, secret)), updatedAt: Math.max(Date.now(), before.updatedAt + 1) };
        Object.assign(call.audit, { changed: Object.keys(changes) });
        const stands = await updateWebhook(table, project, before.webhookId, changes);
        return stands ? done({ webhook: answered({ ...before, ...changes }) }) : noWebhook(before.webhookId);
      }),

    deleteWebhook: async ({ params, project: { project }, audit }) => {
      const webhookId = params['webhook_id']!;
      audit['webhookId'] = webhookId;
      return (await deleteWebhook(table, project, webhookId, Date.now())) ? done({}) : noWebhook(webhookId);
    },

    testWebhook: (call) =>
      withWebhook(call, async (webhook) => {
        const asked = call.given['event'] ? eventOf(call.given['event'] as Record<string, unknown>, 'event') : done(webhook.events[0]!);
        if (!asked.ok) return asked;
        const posted = await postTo(sender, call.project.project, webhook, randomUUID(), bodyOf({ ...exampleOf(asked.value), at: new Date().toISOString() }));
        const result = testResult(posted);
        Object.assign(call.audit, { success: result.success });
        return done({ result });
      }),
  },
  { table, onFirstUse: env.PROJECTS_ON_FIRST_USE },
  auditQueue(env.AUDIT_QUEUE_URL),
);

const sealed = async (project: string, webhookId: string, secret: string | undefined): Promise<{ secret?: string }> =>
  secret === undefined ? {} : { secret: await sealSecret(env.WEBHOOK_KEY_ID, { project, webhookId }, secret) };

/** Runs with the webhook that the call names. */
const withWebhook = async <T>(
  { params, project, audit }: Pick<Call<'getWebhook'>, 'params' | 'project' | 'audit'>,
  run: (webhook: Webhook) => Promise<Outcome<T>>,
): Promise<Outcome<T>> => {
  const webhookId = params['webhook_id']!;
  audit['webhookId'] = webhookId.slice(0, 100);
  const webhook = await getWebhook(table, project.project, webhookId);
  return webhook ? run(webhook) : noWebhook(webhookId);
};
