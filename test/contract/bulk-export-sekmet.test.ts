import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { authorizationOf } from '../../lambdas/adapters/bulk-export-auth.ts';
import type { ServerCredentials } from '../../lambdas/contracts/export.ts';
import { exportAll } from '../../lambdas/domain/lake/bulk-export/export-all.ts';
import type { Asked } from '../../lambdas/domain/lake/bulk-export/kick-off.ts';
import { PYTHON, ROOT, freePort } from '../../local/cloud/processes.ts';
import { connect, memory } from './bulk-export-server.ts';

/** `sekmet-fhir`, a FHIR R4 server with Bulk Data and SMART that others wrote. */
const installed = spawnSync(PYTHON, ['-c', 'import sekmet'], { encoding: 'utf8' }).status === 0;
const skip = installed ? false : 'sekmet-fhir is not installed in .venv (containers/requirements-dev.txt)';

const STATIC_TOKEN = 'static-token-of-the-test';
const CLIENT_ID = 'proband-test';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const JWK = { ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'ES384', use: 'sig' };

type Bundle = { resourceType: 'Bundle'; type: string; entry: { fullUrl?: string; resource: Record<string, unknown>; request: { method: string; url: string } }[] };

/** Patients with observations that refer to them, as a transaction. */
const made = (patients: number, observations: number): Bundle => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: Array.from({ length: patients }, (_, patient) => {
    const fullUrl = `urn:uuid:00000000-0000-4000-8000-${String(patient).padStart(12, '0')}`;
    return [
      { fullUrl, resource: { resourceType: 'Patient', gender: patient % 2 ? 'male' : 'female', birthDate: '1950-06-01' }, request: { method: 'POST', url: 'Patient' } },
      ...Array.from({ length: observations }, (_, index) => ({
        resource: {
          resourceType: 'Observation',
          status: 'final',
          code: { coding: [{ system: 'http://loinc.org', code: '6301-6' }] },
          subject: { reference: fullUrl },
          effectiveDateTime: `2025-01-${String(index + 1).padStart(2, '0')}`,
          valueQuantity: { value: 2 + index / 10, unit: '{INR}', system: 'http://unitsofmeasure.org', code: '{INR}' },
        },
        request: { method: 'POST', url: 'Observation' },
      })),
    ];
  }).flat(),
});

const SYNTHEA = join(ROOT, '..', 'shared', 'data', 'fhir-synthea-r4');
const real = (): Bundle[] =>
  existsSync(SYNTHEA)
    ? readdirSync(SYNTHEA)
        .filter((name) => name.endsWith('.json'))
        .slice(0, 2)
        .map((name) => JSON.parse(readFileSync(join(SYNTHEA, name), 'utf8')) as Bundle)
    : [];

type Running = { base: string; stop: () => Promise<void> };

/** Starts the server on a free port of 127.0.0.1, in a folder of its own. */
const start = async (auth: Record<string, unknown>): Promise<Running> => {
  const folder = mkdtempSync(join(tmpdir(), 'proband-fhir-'));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}/fhir`;
  const settings = {
    base_url: base,
    host: '127.0.0.1',
    port,
    data_dir: folder,
    server_auth: auth,
    validation: { inbound: 'off' },
    simulator: { enabled: false, delay_seconds: 0.5 },
  };
  // JSON is YAML
  writeFileSync(join(folder, 'settings.yaml'), JSON.stringify(settings));
  const child = spawn(PYTHON, ['-c', 'from sekmet.cli import app; app()', 'serve', '--config', join(folder, 'settings.yaml')], { cwd: folder, stdio: 'ignore' });
  const stop = async () => {
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let waited = 0; waited < 300; waited++) {
    if ((await fetch(`${base}/.well-known/smart-configuration`).catch(() => null))?.ok) return { base, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop();
  throw new Error('sekmet-fhir did not answer within 30 s');
};

/** Loads a bundle; answers the references that the server gave its resources. */
const load = async (base: string, bundle: Bundle): Promise<string[]> => {
  const answer = await fetch(base, { method: 'POST', headers: { 'content-type': 'application/fhir+json', authorization: `Bearer ${STATIC_TOKEN}` }, body: JSON.stringify(bundle) });
  const json = (await answer.json()) as { entry: { response: { location: string } }[] };
  assert.equal(answer.status, 200, JSON.stringify(json).slice(0, 300));
  return json.entry.map(({ response }) => /([A-Z][A-Za-z]+\/[A-Za-z0-9.-]+)(?:\/_history\/.*)?$/.exec(response.location)![1]!);
};

const exported = async (base: string, credentials: ServerCredentials | null, asked: Asked): Promise<{ references: string[]; removed: string; mismatches: number }> => {
  const kept = memory(asked);
  const connection = connect(base, { limits: { longestWaitSeconds: 1, shortestWaitSeconds: 0.05 } });
  const result = await exportAll({ ...connection, authorization: authorizationOf(credentials, connection.exchange) }, kept.store, kept.sink);
  assert.equal(result.outcome, 'complete', JSON.stringify(result));
  if (result.outcome !== 'complete') throw new Error('unreachable');
  const references = kept.linesOf(result.pieces).map((line) => {
    const { resourceType, id } = JSON.parse(line) as { resourceType: string; id: string };
    return `${resourceType}/${id}`;
  });
  return { references: references.sort(), removed: result.report.removed, mismatches: result.report.mismatches.length };
};

const smart = (base: string, key = privateKey): ServerCredentials => ({
  auth: 'smart',
  url: base,
  clientId: CLIENT_ID,
  keyId: 'key-1',
  privateKey: key.export({ type: 'pkcs8', format: 'pem' }) as string,
});

describe('a bulk export from sekmet-fhir', { skip }, () => {
  it('brings every resource of the loaded bundles once, without sign-in, and by group, type and time', async (t) => {
    const server = await start({ types: ['none'] });
    t.after(server.stop);
    const loaded = await load(server.base, made(12, 10));
    for (const bundle of real()) loaded.push(...(await load(server.base, bundle)));
    const whole = await exported(server.base, null, { level: 'system' });
    assert.deepEqual(whole, { references: loaded.sort(), removed: 'removed', mismatches: 0 });

    const patients = loaded.filter((reference) => reference.startsWith('Patient/'));
    assert.deepEqual((await exported(server.base, null, { level: 'patient', types: ['Patient'] })).references, patients);
    const [member] = patients;
    const group = await fetch(`${server.base}/Group/warfarin`, {
      method: 'PUT',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({ resourceType: 'Group', id: 'warfarin', type: 'person', actual: true, member: [{ entity: { reference: member } }] }),
    });
    assert.equal(group.status, 201);
    assert.deepEqual((await exported(server.base, null, { level: 'group', group: 'warfarin', types: ['Patient'] })).references, [member]);
    assert.deepEqual((await exported(server.base, null, { level: 'system', types: ['Patient'], since: '2999-01-01T00:00:00Z' })).references, []);
  });

  it('brings them with a static bearer token, and nothing with another', async (t) => {
    const server = await start({ types: ['bearer'], tokens: [STATIC_TOKEN] });
    t.after(server.stop);
    const loaded = await load(server.base, made(3, 4));
    assert.deepEqual(await exported(server.base, { auth: 'bearer', url: server.base, token: STATIC_TOKEN }, { level: 'system' }), {
      references: loaded.sort(),
      removed: 'removed',
      mismatches: 0,
    });
    const kept = memory();
    const connection = connect(server.base);
    const refused = await exportAll({ ...connection, authorization: async () => 'Bearer another' }, kept.store, kept.sink);
    assert.deepEqual(refused, { outcome: 'refused', detail: 'the server refused the export (HTTP 401, login)' });
  });

  it('brings them by SMART Backend Services with ES384, also where a token lasts no longer than one request', async (t) => {
    const client = { client_id: CLIENT_ID, jwks: { keys: [JWK] }, scopes: 'system/*.read' };
    const server = await start({ types: ['smart', 'bearer'], tokens: [STATIC_TOKEN], smart_clients: [client], token_lifetime: 2 });
    t.after(server.stop);
    const loaded = await load(server.base, made(5, 6));
    // the scope to read does not let the client delete
    assert.deepEqual(await exported(server.base, smart(server.base), { level: 'system' }), { references: loaded.sort(), removed: 'not-allowed', mismatches: 0 });

    const kept = memory();
    const connection = connect(server.base);
    const other = smart(server.base, generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey);
    const refused = await exportAll({ ...connection, authorization: authorizationOf(other, connection.exchange) }, kept.store, kept.sink);
    assert.deepEqual(refused, { outcome: 'refused', detail: 'the server does not sign the client in (HTTP 401, invalid_client)' });
  });
});
