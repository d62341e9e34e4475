import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { DELIVERY } from '../../config/catalog/webhooks.ts';
import type { Role } from '../../lambdas/contracts/principal.ts';
import { REGISTRY_SOURCE, type RegistryEvent } from '../../lambdas/contracts/registry-event.ts';
import type { Delivery } from '../../lambdas/contracts/webhook.ts';
import { deliveryId } from '../../lambdas/domain/mlflow/webhooks/message.ts';
import { type Received, type Receiver, startReceiver } from './receiver.ts';
import type { World } from './world.ts';

const SECRET = 'a secret that nobody reads';
const CREATED = { entity: 'MODEL_VERSION', action: 'CREATED' };
const TAGGED = { entity: 'MODEL_VERSION_TAG', action: 'SET' };
/** A first attempt that fails is repeated after 5 seconds; the queues of a laptop are slow. */
const RETRY_SECONDS = 60;

/** What the tests need of a world. */
export type Hooked = Pick<World, 'cloud' | 'dynamo' | 'output' | 'log'>;

/** Registry events to receivers on this machine, over bus and queues of the local cloud. */
export const webhooks = (world: () => Hooked): void => {
  describe('webhooks of a registry', () => {
    let receiver: Receiver;
    before(async () => {
      receiver = await startReceiver({
        '/ok': [200],
        '/fails-first': [503, 200],
        '/refuses': [410],
        '/redirects': [302],
        '/disabled': [200],
        '/elsewhere': [200],
        '/once': [200],
        '/fails-long': [500, 200],
        '/raced': [200],
      });
    });
    after(() => receiver.close());

    const project = `hooks-${Date.now()}`;
    const call = async (method: string, path: string, body?: unknown, { role = 'data-scientist', of = project }: { role?: Role; of?: string } = {}) => {
      const { cloud } = world();
      const response = await fetch(`${cloud.apiUrl}/mlflow/${of}/api/2.0/mlflow/${path}`, {
        method,
        headers: { authorization: `Bearer ${await cloud.people.token(role)}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: MLflow's answers are free-form JSON
      return { status: response.status, answer: (await response.json()) as any };
    };
    const create = async (path: string, changes: Record<string, unknown> = {}, of = project): Promise<string> => {
      const { status, answer } = await call(
        'POST',
        'webhooks',
        { name: `hook${path.replace('/', '-')}`, url: receiver.url(path), events: [CREATED], secret: SECRET, ...changes },
        { of },
      );
      assert.equal(status, 200, JSON.stringify(answer));
      assert.doesNotMatch(JSON.stringify(answer), /secret/);
      return answer.webhook.webhook_id as string;
    };
    const assertSigned = ({ headers, body }: Received) => {
      const [id, timestamp] = [headers['x-mlflow-delivery-id'], headers['x-mlflow-timestamp']];
      assert.equal(
        headers['x-mlflow-signature'],
        `v1,${createHmac('sha256', SECRET)
          .update(`${String(id)}.${String(timestamp)}.${body}`)
          .digest('base64')}`,
      );
      assert.ok(Math.abs(Number(timestamp) - Date.now() / 1000) < 120, 'the time of the attempt, in seconds');
    };
    const audited = async (webhookId: string): Promise<{ result: string; data: Record<string, unknown> }[]> => {
      const { Items = [] } = await world().dynamo.send(
        new QueryCommand({
          TableName: world().output('AuditTableName'),
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': 'CHAIN' },
          ScanIndexForward: false,
          Limit: 200,
        }),
      );
      const events = Items.flatMap((item) => (item['event'] ? [JSON.parse(item['event'] as string) as { what: string; result: string; data: Record<string, unknown> }] : []));
      return events.filter(({ what, data }) => what === 'webhooks:deliver' && data['webhookId'] === webhookId);
    };
    const auditedEnd = async (webhookId: string, end: string) => {
      for (let waited = 0; waited < 100; waited++) {
        const found = (await audited(webhookId)).find(({ data }) => data['end'] === end);
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      return assert.fail(`no ${end} of ${webhookId} on the audit chain`);
    };

    /** Runs the delivering function on one message as its queue would at that receipt; answers the messages that it leaves in the queue. */
    const deliver = async (webhookId: string, eventId: string, count: number): Promise<string[]> => {
      const { emulator } = world().cloud;
      const delivery: Delivery = {
        deliveryId: deliveryId(eventId, webhookId),
        project,
        webhookId,
        eventId,
        entity: 'model_version',
        action: 'created',
        at: new Date().toISOString(),
        data: { name: 'hooked', version: '1', source: 's3://bucket/key', run_id: null, tags: {}, description: null },
      };
      const Records = [{ messageId: eventId, receiptHandle: 'none', body: JSON.stringify(delivery), attributes: { ApproximateReceiveCount: String(count) } }];
      const response = await fetch(`${emulator.endpoint}/2015-03-31/functions/proband-local-webhooks-deliver/invocations`, { method: 'POST', body: JSON.stringify({ Records }) });
      const { batchItemFailures } = (await response.json()) as { batchItemFailures: { itemIdentifier: string }[] };
      return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    };

    const ids: Record<string, string> = {};
    it('are told of a new version: signed, only who asked, only of their project', async () => {
      for (const path of ['/ok', '/fails-first', '/refuses', '/redirects']) ids[path] = await create(path);
      ids['/disabled'] = await create('/disabled', { status: 'DISABLED' });
      await create('/elsewhere', { events: [TAGGED] });
      await create('/elsewhere', {}, `${project}-other`);
      assert.equal((await call('POST', 'registered-models/create', { name: 'hooked' })).status, 200);
      const made = await call('POST', 'model-versions/create', { name: 'hooked', source: 's3://bucket/key', tags: [{ key: 'k', value: 'µ' }] });
      assert.equal(made.status, 200, JSON.stringify(made.answer));

      const [message] = await receiver.at('/ok', 1, RETRY_SECONDS);
      assertSigned(message!);
      const { timestamp, ...told } = JSON.parse(message!.body) as Record<string, unknown>;
      assert.deepEqual(told, {
        entity: 'model_version',
        action: 'created',
        data: { name: 'hooked', version: '1', source: 's3://bucket/key', run_id: null, tags: { k: 'µ' }, description: null },
      });
      assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT.*\+00:00$/);
      assert.equal((await auditedEnd(ids['/ok']!, 'delivered')).result, 'success');
    });

    it('that fail are told again, later, under the same delivery id', async () => {
      const [first, second] = await receiver.at('/fails-first', 2, RETRY_SECONDS);
      assert.deepEqual([first!.answered, second!.answered], [503, 200]);
      for (const attempt of [first!, second!]) assertSigned(attempt);
      assert.equal(second!.headers['x-mlflow-delivery-id'], first!.headers['x-mlflow-delivery-id']);
      assert.equal(second!.body, first!.body);
      assert.ok(Number(second!.headers['x-mlflow-timestamp']) - Number(first!.headers['x-mlflow-timestamp']) >= 4);
      await auditedEnd(ids['/fails-first']!, 'delivered');
    });

    it('that refuse or redirect are not told again, and no redirect is followed', async () => {
      for (const [path, status] of [
        ['/refuses', 410],
        ['/redirects', 302],
      ] as const) {
        const { result, data } = await auditedEnd(ids[path]!, 'refused');
        assert.equal(result, 'refused');
        assert.equal(data['status'], status);
        assert.equal((await receiver.at(path, 1, 1)).length, 1);
      }
      for (const path of ['/behind-a-redirect', '/disabled', '/elsewhere']) assert.ok(!receiver.received.some((one) => one.path === path), path);
    });

    it('get an event that came twice once', async () => {
      const webhookId = await create('/once', { events: [TAGGED], platform_events: ['rollout.changed'] });
      const event: RegistryEvent = {
        eventId: `twice-${project}`,
        project,
        entity: 'rollout',
        action: 'changed',
        at: new Date().toISOString(),
        data: { name: 'hooked', version: '1', rollout_id: 'rol_1', stage: 'shadow' },
      };
      const { emulator } = world().cloud;
      const bridge = new EventBridgeClient({ endpoint: emulator.endpoint, region: emulator.env['AWS_REGION']!, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
      const entry = { EventBusName: 'proband-local-registry', Source: REGISTRY_SOURCE, DetailType: 'rollout.changed', Detail: JSON.stringify(event) };
      await bridge.send(new PutEventsCommand({ Entries: [entry, entry] }));
      await receiver.at('/once', 1, RETRY_SECONDS);
      await auditedEnd(webhookId, 'delivered');
      await bridge.send(new PutEventsCommand({ Entries: [entry] }));
      await new Promise((resolve) => setTimeout(resolve, 8000));
      assert.equal((await receiver.at('/once', 1, 1)).length, 1);
      assert.equal((await audited(webhookId)).length, 1);
    });

    it('that fail to the last are given up for the dead letters, and may be told when they come from there', async () => {
      const webhookId = await create('/fails-long');
      assert.deepEqual(await deliver(webhookId, 'long', DELIVERY.retryAfterSeconds.length + 1), ['long']);
      assert.equal((await auditedEnd(webhookId, 'given-up')).result, 'fault');
      assert.deepEqual(await deliver(webhookId, 'long', 1), []);
      assert.equal((await auditedEnd(webhookId, 'delivered')).result, 'success');
      assert.deepEqual(
        (await receiver.at('/fails-long', 2, 1)).map(({ answered }) => answered),
        [500, 200],
      );
    });

    it('are told once by two functions that hold the same delivery', async () => {
      const webhookId = await create('/raced');
      await Promise.all([deliver(webhookId, 'raced', 1), deliver(webhookId, 'raced', 1), deliver(webhookId, 'raced', 1)]);
      await auditedEnd(webhookId, 'delivered');
      assert.equal((await receiver.at('/raced', 1, 1)).length, 1);
    });

    it('can be tried out, and say how the receiver answered', async () => {
      const { answer } = await call('POST', `webhooks/${ids['/ok']!}/test`);
      assert.deepEqual(answer, { result: { success: true, response_status: 200, response_body: 'answered 200' } });
      const tried = (await receiver.at('/ok', 2, 1)).at(-1)!;
      assertSigned(tried);
      assert.equal(JSON.parse(tried.body).data.name, 'example_model');
      const other = await call('POST', `webhooks/${ids['/redirects']!}/test`, { event: TAGGED });
      assert.deepEqual(other.answer, { result: { success: false, response_status: 302, response_body: 'answered 302' } });
    });

    it('keep their secret under KMS: it is in no answer, no document and no log', async () => {
      const { Items = [] } = await world().dynamo.send(
        new QueryCommand({ TableName: world().output('TrackingTableName'), KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': `P#${project}#WEBHOOKS` } }),
      );
      assert.ok(Items.length >= 6);
      for (const item of Items) assert.ok(item['secret'] && !Buffer.from(String(item['secret']), 'base64').includes(SECRET), 'sealed');
      assert.doesNotMatch(JSON.stringify((await call('GET', 'webhooks')).answer), /secret/);
      assert.ok(!world().log('cloud').includes(SECRET));
    });

    it('are made by who may write, and not for addresses that are not public', async () => {
      const refused = await call('POST', 'webhooks', { name: 'hook', url: receiver.url('/ok'), events: [CREATED] }, { role: 'clinician' });
      assert.equal(refused.status, 403);
      assert.equal((await call('GET', 'webhooks', undefined, { role: 'auditor' })).status, 200);
      for (const url of ['https://169.254.169.254/latest/meta-data/', 'https://[::ffff:10.0.0.1]/', 'https://2852039166/']) {
        const { status, answer } = await call('POST', 'webhooks', { name: 'hook', url, events: [CREATED] });
        assert.equal(status, 400, url);
        assert.equal(answer.error_code, 'INVALID_PARAMETER_VALUE');
        assert.match(answer.message, /^Webhook URL must not resolve to a non-public IP address/);
      }
    });

    it('are gone once they are deleted, and what was under way to them is dropped', async () => {
      const { status } = await call('DELETE', `webhooks/${ids['/ok']!}`);
      assert.equal(status, 200);
      const gone = await call('GET', `webhooks/${ids['/ok']!}`);
      assert.deepEqual([gone.status, gone.answer.message], [404, `Webhook with ID ${ids['/ok']!} not found.`]);
      const before = receiver.received.length;
      assert.deepEqual(await deliver(ids['/ok']!, 'too-late', 1), []);
      assert.equal((await auditedEnd(ids['/ok']!, 'dropped')).result, 'refused');
      assert.equal(receiver.received.length, before);
    });
  });
};
