import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, describe, it } from 'node:test';
import { DELIVERY } from '../../../config/catalog/webhooks.ts';
import { httpExchange } from '../../../lambdas/adapters/outbound-http.ts';
import { postTo } from '../../../lambdas/adapters/webhook-post.ts';
import type { Webhook } from '../../../lambdas/contracts/webhook.ts';
import { ConnectionBroken, RequestRefused } from '../../../lambdas/domain/outbound/exchange.ts';

const serve = async (t: TestContext, listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
};
const webhook = (url: string): Webhook => ({
  webhookId: 'whk_1',
  name: 'hook',
  url,
  events: ['model_version.created'],
  status: 'ACTIVE',
  createdAt: 0,
  updatedAt: 0,
  deletedAt: 0,
});
const post = (url: string, loopback = true) => postTo({ keyId: 'none', exchange: httpExchange({ loopback }) }, 'proband', webhook(url), 'id', '{"a":"µ"}');

describe('a message that is posted', () => {
  it('arrives as it was signed, with its length', async (t) => {
    const seen: { body: string; length: string | undefined; host: string | undefined }[] = [];
    const url = await serve(t, async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      seen.push({ body: Buffer.concat(chunks).toString('utf8'), length: request.headers['content-length'], host: request.headers.host });
      response.end('thanks');
    });
    const posted = await post(url);
    assert.deepEqual(posted, { status: 200, retryAfter: undefined, text: 'thanks' });
    assert.deepEqual(seen, [{ body: '{"a":"µ"}', length: '10', host: new URL(url).host }]);
  });

  it('is answered by a status, of whose body little is read', async (t) => {
    let sent = 0;
    const url = await serve(t, (_, response) => {
      response.writeHead(503, { 'retry-after': '7' });
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x'))) sent += 65_536;
      };
      response.on('drain', more);
      more();
    });
    const posted = await post(url);
    assert.deepEqual(posted, { status: 503, retryAfter: '7', text: 'x'.repeat(DELIVERY.answerBytes) });
    assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes were taken`);
  });

  it('counts as answered when the connection breaks after the status', async (t) => {
    const url = await serve(t, (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setTimeout(() => response.destroy(), 50);
    });
    assert.deepEqual(await post(url), { status: 200, retryAfter: undefined, text: 'half' });
  });

  it('is broken or not called where nobody listens or the address is not public', async (t) => {
    const url = await serve(t, (_, response) => response.end());
    assert.deepEqual(await post('http://127.0.0.1:1/'), { broken: 'ECONNREFUSED' });
    for (const closed of [url, url.replace('http:', 'https:'), 'https://localhost/', 'https://169.254.169.254/', 'https://[::ffff:127.0.0.1]/'])
      assert.ok('notCalled' in (await post(closed, false)), closed);
  });
});

describe('a name', () => {
  const asked: string[] = [];
  const answering = (...answers: LookupAddress[][]) =>
    httpExchange({ loopback: false }, 1000, (hostname, _, callback) => {
      asked.push(hostname);
      callback(null, answers.shift() ?? []);
    });
  const request = { method: 'POST', url: 'https://rebinding.example/', headers: {}, body: '' } as const;
  const PUBLIC = { address: '192.88.98.1', family: 4 };

  it('is not called where one of its addresses is not public, and is looked up once a call', async () => {
    for (const address of ['10.0.0.1', '127.0.0.1', '169.254.169.254', '100.64.0.1', '::1', 'fd00:ec2::254', '64:ff9b::a00:1', '::ffff:10.0.0.1']) {
      asked.length = 0;
      const family = address.includes(':') ? 6 : 4;
      await assert.rejects(answering([PUBLIC, { address, family }], [PUBLIC])(request), RequestRefused, address);
      assert.deepEqual(asked, ['rebinding.example']);
    }
    await assert.rejects(answering([])(request), RequestRefused);
  });
});

describe('an exchange with a deadline', () => {
  it('ends at it, however the receiver drips', async (t) => {
    const url = await serve(t, (_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    const started = performance.now();
    const answer = await httpExchange({ loopback: true })({ method: 'POST', url, headers: {}, body: '', signal: AbortSignal.timeout(300) });
    await assert.rejects(async () => {
      for await (const _ of answer.body);
    }, ConnectionBroken);
    assert.ok(performance.now() - started < 3000);
  });
});
