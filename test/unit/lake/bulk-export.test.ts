import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { refusalOfServer } from '../../../lambdas/domain/lake/bulk-export/address-policy.ts';
import { ask } from '../../../lambdas/domain/lake/bulk-export/ask.ts';
import { batchesOf, type Manifest, readManifest, sameExport } from '../../../lambdas/domain/lake/bulk-export/manifest.ts';
import { issuesOf, saidBy } from '../../../lambdas/domain/lake/bulk-export/operation-outcome.ts';
import { waitSeconds } from '../../../lambdas/domain/lake/bulk-export/retry-after.ts';
import type { Exchange, HttpAnswer, HttpRequest } from '../../../lambdas/domain/outbound/exchange.ts';
import { retryAfterSeconds } from '../../../lambdas/domain/outbound/retry-after.ts';
import { scopesFor } from '../../../lambdas/domain/lake/bulk-export/smart.ts';
import { ExportRequest } from '../../../lambdas/contracts/export.ts';
import { LIMITS } from '../../contract/bulk-export-server.ts';

const NOW = Date.parse('2026-11-21T07:00:00Z');
const file = (url: string, kind: 'output' | 'deleted' | 'error' = 'output') => ({ kind, type: 'Patient', url, count: 1 });
const manifestOf = (...files: Manifest['files']): Manifest => ({ transactionTime: '2026-11-21T07:00:00Z', requiresAccessToken: false, files });

describe('Retry-After', () => {
  it('is seconds or an HTTP date, and nothing else', () => {
    assert.equal(retryAfterSeconds('120', NOW), 120);
    assert.equal(retryAfterSeconds(' 0 ', NOW), 0);
    assert.equal(retryAfterSeconds('Sat, 21 Nov 2026 07:02:00 GMT', NOW), 120);
    assert.equal(retryAfterSeconds('Saturday, 21-Nov-26 07:02:00 GMT', NOW), 120);
    assert.equal(retryAfterSeconds('Sat Nov 21 07:02:00 2026', NOW), 120);
    assert.equal(retryAfterSeconds('Sat, 21 Nov 2026 06:00:00 GMT', NOW), 0);
    for (const text of ['', 'soon', 'Sat sometime', '-5', '1e9', '2026-11-21T07:02:00Z', 'NaN', undefined]) assert.equal(retryAfterSeconds(text, NOW), null);
  });

  it('is followed between the limits; without it the wait doubles up to the longest', () => {
    const limits = { ...LIMITS, shortestWaitSeconds: 1, longestWaitSeconds: 60 };
    assert.equal(waitSeconds('30', 0, NOW, limits), 30);
    assert.equal(waitSeconds('3600', 0, NOW, limits), 60);
    assert.equal(waitSeconds('0', 0, NOW, limits), 1);
    assert.deepEqual(
      [0, 1, 2, 5, 6, 1000].map((before) => waitSeconds(undefined, before, NOW, limits)),
      [1, 2, 4, 32, 60, 60],
    );
    fc.assert(
      fc.property(fc.string(), fc.nat(), (header, before) => {
        const wait = waitSeconds(header, before, NOW, limits);
        assert.ok(wait >= 1 && wait <= 60);
      }),
    );
  });
});

describe('a manifest', () => {
  it('is read or refused, whatever it is, and never quoted', () => {
    const valid = { transactionTime: 'now', requiresAccessToken: true, output: [{ type: 'Patient', url: 'https://ehr.example/1', count: 3 }], error: [] };
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.constantFrom('transactionTime', 'requiresAccessToken', 'output', 'deleted', 'error', 'link')), fc.jsonValue(), (text, value) => {
        const json: unknown = Object.hasOwn({ ...valid, deleted: 0, link: 0 }, text) ? { ...valid, [text]: value } : parsed(text);
        const read = readManifest(json, 'https://ehr.example/status/1');
        if (read.ok) for (const { url } of read.manifest.files) assert.ok(URL.canParse(url));
        else assert.match(read.detail, /^(the manifest does not read as one of the Bulk Data Access IG: [\w., ]+|file \d+ of the manifest has no valid address)$/);
      }),
      { numRuns: 10_000 },
    );
  });

  it('is of the same export where only links differ', () => {
    const one = manifestOf(file('https://a/1'), file('https://a/2'));
    assert.ok(sameExport(one, manifestOf(file('https://b/1?s=2'), file('https://b/2?s=2'))));
    assert.ok(!sameExport(one, { ...one, transactionTime: '2026-11-22T07:00:00Z' }));
    assert.ok(!sameExport(one, manifestOf(file('https://a/1'))));
    assert.ok(!sameExport(one, manifestOf(file('https://a/1'), { ...file('https://a/2'), count: 2 })));
  });

  it('makes batches that hold each file once, of one kind, and never too many', () => {
    const kinds = fc.array(fc.constantFrom('output', 'deleted', 'error'), { maxLength: 3000 });
    fc.assert(
      fc.property(kinds, fc.integer({ min: 4, max: 400 }), (order, most) => {
        const files = [...order].sort().map((kind, index) => file(`https://a/${index}`, kind as 'output'));
        const batches = batchesOf(manifestOf(...files), most);
        assert.ok(batches.length <= most);
        let next = 0;
        for (const { index, from, to, kind } of batches) {
          assert.equal(from, next);
          assert.equal(batches[index]!.from, from);
          assert.ok(files.slice(from, to).every((member) => member.kind === kind));
          next = to;
        }
        assert.equal(next, files.length);
      }),
      { numRuns: 200 },
    );
  });
});

describe('an OperationOutcome', () => {
  it('is told by its codes alone', () => {
    const outcome = { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'not-found', diagnostics: 'Jane Doe, MRN 123' }] };
    assert.equal(saidBy(404, issuesOf(outcome)), 'HTTP 404, not-found');
    assert.equal(saidBy(500, issuesOf({ ...outcome, issue: [{ severity: 'error', code: 'Jane Doe' }] })), 'HTTP 500');
    fc.assert(fc.property(fc.jsonValue(), (value) => assert.match(saidBy(500, issuesOf(value)), /^HTTP 500(, [a-z-]+)*$/)));
  });
});

describe('an address that the server names', () => {
  const asked = async (base: string, url: string, answer: Partial<HttpAnswer> = {}) => {
    const requests: HttpRequest[] = [];
    const exchange: Exchange = async (request) => {
      requests.push(request);
      const first = requests.length === 1 ? answer : {};
      return { status: 200, headers: {}, body: (async function* () {})(), wasCompressed: () => false, discard: () => undefined, ...first };
    };
    const connection = { base, exchange, authorization: async () => 'Bearer t', limits: LIMITS, now: () => NOW, sleep: async () => undefined };
    await ask(connection, { method: 'GET', url, headers: {} });
    return requests.map(({ url: called, headers }) => [called, headers['authorization']]);
  };

  it('is called by TLS where it is the server’s own, also along a redirect', async () => {
    assert.deepEqual(await asked('https://ehr.example:8443/fhir', 'http://ehr.example/fhir/status/1'), [['https://ehr.example:8443/fhir/status/1', 'Bearer t']]);
    assert.deepEqual(await asked('https://ehr.example/fhir', 'https://ehr.example/fhir/status/1', { status: 303, headers: { location: 'http://ehr.example/done' } }), [
      ['https://ehr.example/fhir/status/1', 'Bearer t'],
      ['https://ehr.example/done', 'Bearer t'],
    ]);
  });

  it('is left as it is elsewhere, and gets no token', async () => {
    assert.deepEqual(await asked('https://ehr.example/fhir', 'http://files.example/1'), [['http://files.example/1', undefined]]);
    assert.deepEqual(await asked('http://127.0.0.1:8080/fhir', 'http://127.0.0.1:8080/1'), [['http://127.0.0.1:8080/1', 'Bearer t']]);
  });
});

describe('the scopes', () => {
  const endpoint = { token_endpoint: 'https://ehr.example/token' };
  it('are of SMART v2, and of v1 where the server tells of v1 alone', () => {
    const [v1, v2] = ['system/*.read', 'system/*.rs'];
    assert.deepEqual(scopesFor(endpoint), [v2, v1]);
    assert.deepEqual(scopesFor({ ...endpoint, capabilities: ['permission-v1', 'permission-v2'] }), [v2, v1]);
    assert.deepEqual(scopesFor({ ...endpoint, capabilities: ['permission-v1'] }), [v1, v2]);
    assert.deepEqual(scopesFor({ ...endpoint, scopes_supported: ['system/*.read'] }), [v1, v2]);
    assert.deepEqual(scopesFor({ ...endpoint, scopes_supported: ['system/*.cruds', 'system/*.read'] }), [v2, v1]);
  });
});

describe('a server to export from', () => {
  const prod = { servers: ['https://fhir.hospital.example'], loopback: false };
  const local = { servers: [], loopback: true };
  it('is one that the environment names, by https', () => {
    assert.equal(refusalOfServer('https://fhir.hospital.example/r4', prod), null);
    assert.equal(
      refusalOfServer('https://fhir.hospital.example:8443/r4', prod),
      'server: https://fhir.hospital.example:8443 is not one of this environment’s FHIR servers (fhirServers); allowed: https://fhir.hospital.example',
    );
    for (const server of ['https://fhir.hospital.example.evil.example/', 'http://fhir.hospital.example/', 'http://127.0.0.1:80/fhir', 'http://169.254.169.254/latest'])
      assert.match(refusalOfServer(server, prod)!, /is not one of this environment’s/, server);
    assert.match(refusalOfServer('http://fhir.hospital.example/', { ...prod, servers: ['http://fhir.hospital.example'] })!, /allowed is https/);
    for (const server of ['https://user:pw@fhir.hospital.example/', 'https://fhir.hospital.example/?token=1'])
      assert.match(refusalOfServer(server, prod)!, /more than origin and path/);
  });
  it('is this machine’s own in the local cloud alone', () => {
    for (const server of ['http://127.0.0.1:8090/fhir', 'http://localhost:1/fhir', 'http://[::1]:8080/']) assert.equal(refusalOfServer(server, local), null, server);
    for (const server of ['http://10.0.0.1/fhir', 'http://127.0.0.1.evil.example/', 'https://fhir.hospital.example/'])
      assert.notEqual(refusalOfServer(server, local), null, server);
  });
});

describe('a request for an export', () => {
  const request = { server: 'https://fhir.hospital.example/r4', source: 'fhir-ndjson' };
  const problem = (value: unknown): string =>
    ExportRequest.safeParse(value)
      .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('; ') ?? '';
  it('names a group with level group, and types that are resource types', () => {
    assert.equal(problem(request), '');
    assert.equal(problem({ ...request, level: 'group', group: 'g-1' }), '');
    assert.equal(problem({ ...request, level: 'group' }), 'group: goes with level group, and level group needs it');
    assert.equal(problem({ ...request, group: 'g-1' }), 'group: goes with level group, and level group needs it');
    assert.equal(problem({ ...request, level: 'group', group: '../Patient' }), 'group: must be a FHIR id');
    assert.equal(problem({ ...request, types: ['Patient', 'patient&x=1'] }), 'types.1: must be a FHIR resource type');
    assert.match(problem({ ...request, server: 'file:///etc/passwd' }), /must be the address of a FHIR server/);
  });
});

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
