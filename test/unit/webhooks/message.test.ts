import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DELIVERY, MLFLOW_EVENTS } from '../../../config/catalog/webhooks.ts';
import { REGISTRY_EVENT_TYPES, RegistryEvent } from '../../../lambdas/contracts/registry-event.ts';
import { Delivery, type Webhook } from '../../../lambdas/contracts/webhook.ts';
import { answered, pageOf } from '../../../lambdas/domain/mlflow/webhooks/answer.ts';
import { deliveriesOf } from '../../../lambdas/domain/mlflow/webhooks/deliveries.ts';
import { exampleOf } from '../../../lambdas/domain/mlflow/webhooks/example.ts';
import { judgeAttempt } from '../../../lambdas/domain/mlflow/webhooks/judge-attempt.ts';
import { bodyOf, deliveryId, headersOf, signature } from '../../../lambdas/domain/mlflow/webhooks/message.ts';
import { testResult } from '../../../lambdas/domain/mlflow/webhooks/test-result.ts';

const AT = '2026-01-01T00:00:00.000Z';
const event: RegistryEvent = {
  eventId: 'rge_1',
  project: 'proband',
  entity: 'model_version',
  action: 'created',
  at: AT,
  data: { name: 'm', version: '1', source: 's3://b/k', run_id: null, tags: {}, description: null },
};
const webhook = (changes: Partial<Webhook> = {}): Webhook => ({
  webhookId: 'whk_01',
  name: 'hook',
  url: 'https://example.com/',
  events: ['model_version.created'],
  status: 'ACTIVE',
  createdAt: 1,
  updatedAt: 1,
  deletedAt: 0,
  ...changes,
});

describe('a message to a receiver', () => {
  it('is signed as MLflow signs', () => {
    // hmac.new(b'my_secret', f'{id}.{timestamp}.{body}'.encode(), hashlib.sha256) of Python, and mlflow 3.12's _generate_hmac_signature
    assert.equal(
      signature('my_secret', '3f2504e0-4f89-41d3-9a0c-0305e82c3301', '1767225600', '{"entity": "model_version", "note": "µg"}'),
      'v1,TJ3xZrJNbfPN7yWASgDk2vzRRz9qvkkInsEq4Ay4SHc=',
    );
  });

  it('carries its id and the second it is sent at, and no signature where there is no secret', () => {
    const headers = headersOf('my_secret', 'id', '{}', 1_767_225_600_999);
    assert.deepEqual(headers, {
      'Content-Type': 'application/json',
      'X-MLflow-Delivery-Id': 'id',
      'X-MLflow-Timestamp': '1767225600',
      'X-MLflow-Signature': signature('my_secret', 'id', '1767225600', '{}'),
    });
    assert.ok(!('X-MLflow-Signature' in headersOf(undefined, 'id', '{}', 0)));
  });

  it('holds entity, action, timestamp and data, and nothing of the platform’s own', () => {
    assert.deepEqual(JSON.parse(bodyOf(event)), { entity: 'model_version', action: 'created', timestamp: '2026-01-01T00:00:00.000+00:00', data: event.data });
  });

  it('has one id per event and webhook, a UUID of version 8', () => {
    assert.match(deliveryId('rge_1', 'whk_1'), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(deliveryId('rge_1', 'whk_1'), deliveryId('rge_1', 'whk_1'));
    assert.equal(new Set([deliveryId('rge_1', 'whk_1'), deliveryId('rge_1', 'whk_2'), deliveryId('rge_2', 'whk_1'), deliveryId('rge_1w', 'hk_1')]).size, 4);
  });
});

describe('the deliveries of an event', () => {
  it('go to the active webhooks that take it', () => {
    const webhooks = [
      webhook(),
      webhook({ webhookId: 'whk_02', status: 'DISABLED' }),
      webhook({ webhookId: 'whk_03', events: ['registered_model.created'] }),
      webhook({ webhookId: 'whk_04', events: ['registered_model.created', 'model_version.created'] }),
    ];
    const deliveries = deliveriesOf(event, webhooks);
    assert.deepEqual(
      deliveries.map(({ webhookId }) => webhookId),
      ['whk_01', 'whk_04'],
    );
    for (const delivery of deliveries) assert.deepEqual(Delivery.parse(delivery), delivery);
  });
});

describe('an attempt', () => {
  const verdict = (attempt: Parameters<typeof judgeAttempt>[0], count = 1) => judgeAttempt(attempt, count, Date.parse(AT));
  const LAST = DELIVERY.retryAfterSeconds.length + 1;

  it('ends a delivery that was taken, and one that will never be', () => {
    for (const status of [200, 202, 204]) assert.deepEqual(verdict({ status }), { end: 'delivered' });
    for (const status of [301, 302, 307, 308, 400, 401, 403, 404, 410]) assert.deepEqual(verdict({ status }), { end: 'refused' });
    assert.deepEqual(verdict({ notCalled: 'x' }), { end: 'refused' });
  });

  it('is repeated after a growing wait, and given up after the last', () => {
    for (const attempt of [{ status: 408 }, { status: 429 }, { status: 500 }, { status: 503 }, { broken: 'ECONNREFUSED' }]) {
      const waits = DELIVERY.retryAfterSeconds.map((_, index) => (verdict(attempt, index + 1) as { retryInSeconds: number }).retryInSeconds);
      assert.deepEqual(waits, [...DELIVERY.retryAfterSeconds]);
      assert.deepEqual(
        waits.toSorted((a, b) => a - b),
        waits,
      );
      assert.deepEqual(verdict(attempt, LAST), { end: 'given-up' });
    }
  });

  it('waits as long as the receiver asks, up to the longest wait', () => {
    assert.deepEqual(verdict({ status: 429, retryAfter: '120' }), { retryInSeconds: 120 });
    assert.deepEqual(verdict({ status: 503, retryAfter: 'Thu, 01 Jan 2026 00:01:00 GMT' }), { retryInSeconds: 60 });
    assert.deepEqual(verdict({ status: 429, retryAfter: '1' }), { retryInSeconds: 5 });
    assert.deepEqual(verdict({ status: 429, retryAfter: '999999999' }), { retryInSeconds: 7200 });
    assert.deepEqual(verdict({ status: 429, retryAfter: 'soon' }), { retryInSeconds: 5 });
  });
});

describe('an answer about webhooks', () => {
  it('never holds the secret', () => {
    const shown = answered(webhook({ secret: 'c2VhbGVk', description: 'd', events: ['model_version.created', 'rollout.changed'] }));
    assert.deepEqual(shown, {
      webhook_id: 'whk_01',
      name: 'hook',
      description: 'd',
      url: 'https://example.com/',
      events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }],
      platform_events: ['rollout.changed'],
      status: 'ACTIVE',
      creation_timestamp: 1,
      last_updated_timestamp: 1,
    });
  });

  it('comes in pages that hold each webhook once, with a token on all but the last', () => {
    const all = Array.from({ length: 5 }, (_, index) => webhook({ webhookId: `whk_0${5 - index}` }));
    const seen: string[] = [];
    let token: string | undefined;
    let pages = 0;
    do {
      const page = pageOf(all, { max_results: 2, page_token: token });
      assert.ok(page.ok);
      seen.push(...(page.value.webhooks ?? []).map(({ webhook_id }) => webhook_id));
      token = page.value.next_page_token;
      pages++;
    } while (token !== undefined);
    assert.equal(pages, 3);
    assert.deepEqual(
      seen,
      all.map(({ webhookId }) => webhookId),
    );
    assert.deepEqual(pageOf([], {}), { ok: true, value: {} });
  });

  it('refuses page sizes and tokens that there are none of', () => {
    for (const max_results of [-1, 1001]) assert.ok(!pageOf([], { max_results }).ok);
    assert.ok(pageOf([], { max_results: 0 }).ok);
    assert.ok(!pageOf([], { page_token: 'nonsense' }).ok);
  });

  it('tells of a test how the receiver answered, or why it could not', () => {
    assert.deepEqual(testResult({ status: 204, text: '' }), { success: true, response_status: 204 });
    assert.deepEqual(testResult({ status: 302, text: 'moved' }), { success: false, response_status: 302, response_body: 'moved' });
    assert.deepEqual(testResult({ broken: 'ECONNREFUSED' }), { success: false, error_message: 'Failed to test webhook: the connection failed (ECONNREFUSED)' });
  });
});

describe('the catalog of events', () => {
  it('has an example of each of MLflow’s', () => {
    for (const [entity, actions] of Object.entries(MLFLOW_EVENTS))
      for (const action of actions) assert.ok(Object.keys(exampleOf(`${entity}.${action}`).data).length > 0, `${entity}.${action}`);
  });

  it('tells of each published event what MLflow’s example of it tells', () => {
    for (const type of REGISTRY_EVENT_TYPES.filter((known) => Object.hasOwn(MLFLOW_EVENTS, known.split('.')[0]!)))
      assert.ok(RegistryEvent.safeParse({ ...event, ...exampleOf(type) }).success, type);
    assert.ok(!RegistryEvent.safeParse({ ...event, data: { name: 'm' } }).success);
    assert.ok(!RegistryEvent.safeParse({ ...event, action: 'renamed' }).success);
  });
});
