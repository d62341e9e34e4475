import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import * as tls from 'node:tls';
import { httpExchange } from '../../../lambdas/adapters/outbound-http.ts';
import { postTo } from '../../../lambdas/adapters/webhook-post.ts';
import type { Webhook } from '../../../lambdas/contracts/webhook.ts';

const folder = mkdtempSync(join(tmpdir(), 'proband-tls-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
const made = spawnSync(
  'openssl',
  // biome-ignore format: a command line
  ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', keyPath, '-out', certPath],
);

test('a receiver’s certificate is verified against the name in the address', { skip: made.status === 0 ? false : 'there is no openssl to make a certificate with' }, async (t) => {
  const names: (string | false | undefined)[] = [];
  const server = createServer({ key: readFileSync(keyPath), cert: readFileSync(certPath) }, (request, response) => {
    names.push((request.socket as TLSSocket & { servername?: string | false }).servername, request.headers.host);
    response.end('thanks');
  });
  server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const post = (host: string) => {
    const webhook: Webhook = {
      webhookId: 'whk_1',
      name: 'h',
      url: `https://${host}:${port}/`,
      events: ['model_version.created'],
      status: 'ACTIVE',
      createdAt: 0,
      updatedAt: 0,
      deletedAt: 0,
    };
    return postTo({ keyId: 'none', exchange: httpExchange({ loopback: true }) }, 'proband', webhook, 'id', '{}');
  };
  assert.deepEqual(await post('localhost'), { broken: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  const before = tls.getCACertificates();
  t.after(() => tls.setDefaultCACertificates(before));
  tls.setDefaultCACertificates([...before, readFileSync(certPath, 'utf8')]);
  assert.deepEqual(await post('127.0.0.1'), { broken: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  assert.deepEqual(await post('localhost'), { status: 200, retryAfter: undefined, text: 'thanks' });
  assert.deepEqual(names, ['localhost', `localhost:${port}`]);
});
