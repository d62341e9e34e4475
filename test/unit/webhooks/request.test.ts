import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MLFLOW_EVENTS } from '../../../config/catalog/webhooks.ts';
import { isPublic } from '../../../lambdas/adapters/outbound-http.ts';
import type { Outcome } from '../../../lambdas/contracts/outcome.ts';
import { judgeAddress } from '../../../lambdas/domain/mlflow/webhooks/address.ts';
import { changedWebhook, type Given, newWebhook } from '../../../lambdas/domain/mlflow/webhooks/request.ts';
import { eventOf, protoEvent } from '../../../lambdas/domain/mlflow/webhooks/subscription.ts';

const prod = { loopback: false, isPublic };
const local = { loopback: true, isPublic };
const CREATED = { entity: 'MODEL_VERSION', action: 'CREATED' };
const given = (changes: Partial<Given> = {}): Given => ({ name: 'hook', url: 'https://example.com/webhook', events: [CREATED], platform_events: [], ...changes });

const accepted = <T>(outcome: Outcome<T>): T => {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.problem.detail);
  return outcome.value;
};
const refusalOf = (outcome: Outcome<unknown>): string => {
  assert.ok(!outcome.ok, 'it was accepted');
  assert.equal(outcome.problem.title, 'INVALID_PARAMETER_VALUE');
  assert.equal(outcome.problem.status, 400);
  return outcome.problem.detail;
};

describe('a webhook that is asked for', () => {
  it('has a name of 1 to 63 letters, digits, dots, underscores and hyphens, between letters or digits', () => {
    for (const name of ['a', '1', 'a1', 'web_hook-123.test', 'A'.repeat(63), `1${'a'.repeat(61)}1`]) assert.equal(accepted(newWebhook(given({ name }), prod)).name, name);
    for (const name of ['   ', 'webhook<script>', 'webhook@test', 'web/hook', 'web\\hook', '-webhook', 'webhook-', '_webhook', 'webhook.', 'a'.repeat(64), 'a\n'])
      assert.match(refusalOf(newWebhook(given({ name }), prod)), /^Webhook name .* is invalid\. It must start and end with a letter or digit/s, name);
  });

  it('names at least one of MLflow’s events; the platform’s own come beside', () => {
    assert.equal(refusalOf(newWebhook(given({ events: [] }), prod)), 'Webhook events must be a non-empty list of WebhookEvent objects: [].');
    assert.equal(refusalOf(newWebhook(given({ events: [], platform_events: ['rollout.changed'] }), prod)), 'Webhook events must be a non-empty list of WebhookEvent objects: [].');
    assert.deepEqual(accepted(newWebhook(given({ events: [CREATED, CREATED], platform_events: ['rollout.changed'] }), prod)).events, ['model_version.created', 'rollout.changed']);
    assert.match(refusalOf(newWebhook(given({ platform_events: ['rollout.paused'] }), prod)), /"rollout\.paused" for parameter 'platform_events'.*allowed are .*rollout\.changed/);
  });

  it('names entities and actions that go together', () => {
    assert.equal(
      refusalOf(newWebhook(given({ events: [{ entity: 'MODEL_VERSION', action: 'DELETED' }] }), prod)),
      "Invalid action 'deleted' for entity 'model_version'. Valid actions are: ['created']",
    );
    for (const event of [{ entity: 'MODEL', action: 'CREATED' }, { entity: 'model_version', action: 'created' }, { entity: '__PROTO__', action: 'CREATED' }, { entity: 7 }, {}])
      assert.match(refusalOf(newWebhook(given({ events: [event] }), prod)), /for parameter 'events' supplied: an event has an entity \(REGISTERED_MODEL, /);
  });

  it('has a status that there is, and texts of bounded length', () => {
    assert.equal(accepted(newWebhook(given({ status: 'DISABLED' }), prod)).status, 'DISABLED');
    assert.match(refusalOf(newWebhook(given({ status: 'PAUSED' }), prod)), /"PAUSED" for parameter 'status' supplied: allowed are ACTIVE, DISABLED/);
    const secret = refusalOf(newWebhook(given({ secret: 's'.repeat(1001) }), prod));
    assert.equal(secret, "'secret' exceeds the maximum length of 1000 characters");
    assert.match(refusalOf(newWebhook(given({ description: 'd'.repeat(1001) }), prod)), /'description' exceeds/);
    assert.match(refusalOf(newWebhook(given({ url: `https://example.com/${'u'.repeat(500)}` }), prod)), /'url' exceeds/);
  });

  it('keeps what a change does not name', () => {
    const before = ['model_version.created', 'rollout.changed'];
    const none: Given = { events: [], platform_events: [] };
    assert.deepEqual(accepted(changedWebhook(none, before, prod)), {});
    assert.deepEqual(accepted(changedWebhook({ ...none, name: 'new', url: '', secret: '' }, before, prod)), { name: 'new' });
    assert.deepEqual(accepted(changedWebhook({ ...none, events: [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }] }, before, prod)).events, [
      'registered_model.created',
      'rollout.changed',
    ]);
    assert.deepEqual(accepted(changedWebhook({ ...none, platform_events: ['model_version_stage.changed'] }, before, prod)).events, [
      'model_version.created',
      'model_version_stage.changed',
    ]);
  });
});

describe('an event in MLflow’s spelling', () => {
  it('is read back as it was written', () => {
    const events = Object.entries(MLFLOW_EVENTS).flatMap(([entity, actions]) => actions.map((action) => `${entity}.${action}`));
    assert.equal(events.length, 15);
    for (const event of events) assert.equal(accepted(eventOf(protoEvent(event))), event);
  });
});

describe('a receiver’s address', () => {
  const judged = (url: string, rules = prod) => judgeAddress(url, rules);

  it('is https with a host name that is not looked up, or a public address', () => {
    for (const url of [
      'https://example.com',
      'https://no-such-host.invalid/x?y#z',
      'HTTPS://EXAMPLE.com/',
      'https://8.8.8.8:8443/',
      'https://[2606:4700::1111]/',
      'https://bücher.example/',
    ])
      assert.ok(judged(url).ok, url);
  });

  it('is refused in MLflow’s words where it is none', () => {
    const table: [string, RegExp][] = [
      ['   ', /^Webhook URL cannot be empty or just whitespace: ' {3}'$/],
      ['example.com/webhook', /^Invalid webhook URL scheme: ''\. Allowed schemes are: https\.$/],
      ['invalid_url', /^Invalid webhook URL scheme: ''/],
      ['ftp://example.com/webhook', /^Invalid webhook URL scheme: 'ftp'/],
      ['http://example.com/', /^Invalid webhook URL scheme: 'http'/],
      ['file:///etc/passwd', /^Invalid webhook URL scheme: 'file'/],
      ['http://[invalid-url', /^Invalid webhook URL 'http:\/\/\[invalid-url': ValueError\('Invalid IPv6 URL'\)$/],
      ['https://', /^Webhook URL must include a hostname: 'https:\/\/'$/],
      ['https:///path', /^Webhook URL must include a hostname/],
      ['https://exa mple.com/', /cannot be read as a URL$/],
      ['https://example.com:99999/', /cannot be read as a URL$/],
      ['https://user:pass@example.com/', /^Webhook URL must not hold credentials/],
    ];
    for (const [url, refusal] of table) assert.match(refusalOf(judged(url)), refusal, url);
  });

  it('does not lead into this machine, a private network or the metadata service, however it is spelled', () => {
    for (const host of [
      'localhost',
      'LOCALHOST.',
      'any.localhost',
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      '2130706433',
      '017700000001',
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '169.254.169.254',
      '172.16.0.1',
      '192.168.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '[::]',
      '[::1]',
      '[::ffff:169.254.169.254]',
      '[::ffff:a9fe:a9fe]',
      '[64:ff9b::a9fe:a9fe]',
      '[fd00:ec2::254]',
      '[fe80::1]',
      '[ff02::1]',
      '[2002:7f00:1::]',
      '①②⑦.0.0.1',
    ])
      assert.match(refusalOf(judged(`https://${host}/`)), /^Webhook URL must not resolve to a non-public IP address\. '.+' resolves to .+\.$/, host);
  });

  it('may be this machine, without TLS, only where the environment says so', () => {
    for (const url of ['http://127.0.0.1:8080/x', 'http://localhost:1/', 'http://[::1]:8080/', 'https://127.0.0.1/']) {
      assert.ok(judged(url, local).ok, url);
      assert.ok(!judged(url).ok, url);
    }
    assert.match(refusalOf(judged('http://example.com/', local)), /for receivers on this machine/);
    assert.match(refusalOf(judged('https://10.0.0.1/', local)), /non-public/);
    assert.match(refusalOf(judged('http://10.0.0.1/', local)), /this machine/);
  });

  it('of any private IPv4 address is refused in each of its spellings', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const privates = fc.oneof(
      fc.tuple(fc.constantFrom(0, 10, 127), octet, octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
      fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
    );
    fc.assert(
      fc.property(privates, ([a, b, c, d]) => {
        const number = ((a * 256 + b) * 256 + c) * 256 + d;
        const hex = (at: number) => at.toString(16).padStart(2, '0');
        for (const host of [`${a}.${b}.${c}.${d}`, String(number), `0x${number.toString(16)}`, `[::ffff:${hex(a)}${hex(b)}:${hex(c)}${hex(d)}]`])
          assert.ok(!judged(`https://${host}/`).ok, host);
      }),
    );
  });
});
