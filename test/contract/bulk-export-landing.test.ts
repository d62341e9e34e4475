import assert from 'node:assert/strict';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import type { Export } from '../../lambdas/contracts/export.ts';
import type { Upload } from '../../lambdas/contracts/upload.ts';
import { startEmulator } from '../../local/cloud/emulator.ts';
import { PYTHON, stopAll } from '../../local/cloud/processes.ts';
import { type Seen, serve } from './bulk-export-server.ts';
import { createTables } from './tables.ts';

const BUCKET = 'landing';
const TABLE = 'lake';
const AUDIT = 'audit';
const LINEAGE = 'lineage';
const SECRETS = 'proband-local-fhir/';
const TOKEN = 'token-of-the-test';
const lines = (type: string, count: number): string => Array.from({ length: count }, (_, index) => `${JSON.stringify({ resourceType: type, id: `${type}-${index}` })}\n`).join('');
const FILES: Record<string, string> = { Patient: lines('Patient', 5), Observation: lines('Observation', 300), Device: '' };

type Step = (event: unknown) => Promise<Record<string, unknown>>;

/** The steps of the machine as Lambda runs them, against the local cloud's stores and a FHIR server that asks for a token. */
describe('the export’s steps', { skip: existsSync(PYTHON) ? false : 'the local cloud is not installed (.venv)' }, () => {
  let server: Awaited<ReturnType<typeof serve>>;
  let steps: Record<'kickOff' | 'poll' | 'download' | 'finish', Step>;
  let polls = 0;

  before(async () => {
    const { env } = await startEmulator(mkdtempSync(join(tmpdir(), 'proband-export-cloud-')));
    Object.assign(process.env, env, {
      PROBAND_S3_PATH_STYLE: '1',
      POWERTOOLS_LOG_LEVEL: 'SILENT',
      LAKE_TABLE: TABLE,
      AUDIT_TABLE: AUDIT,
      LINEAGE_TABLE: LINEAGE,
      LANDING_BUCKET: BUCKET,
      FHIR_SECRETS: SECRETS,
      FHIR_SERVERS: '',
      FHIR_LOOPBACK: '1',
      FHIR_LONGEST_WAIT_SECONDS: '5',
    });
    const { s3 } = await import('../../lambdas/adapters/clients.ts');
    await s3().send(new CreateBucketCommand({ Bucket: BUCKET }));
    await s3().send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }));
    await createTables(TABLE, AUDIT, LINEAGE);
    server = await serve(fhirServer);
    const { KeyMetadata } = await new KMSClient({}).send(new CreateKeyCommand({}));
    const { putCredentials } = await import('../../lambdas/adapters/bulk-export-secrets.ts');
    await putCredentials(SECRETS, KeyMetadata!.KeyId!, 'hospital', { auth: 'bearer', url: server.url, token: 'former' });
    await putCredentials(SECRETS, KeyMetadata!.KeyId!, 'hospital', { auth: 'bearer', url: `${server.url}/fhir`, token: TOKEN });
    steps = {
      kickOff: (await import('../../lambdas/lake/kick-off-export/handler.ts')).handler as Step,
      poll: (await import('../../lambdas/lake/poll-export/handler.ts')).handler as Step,
      download: (await import('../../lambdas/lake/download-export-file/handler.ts')).handler as Step,
      finish: (await import('../../lambdas/lake/finish-export/handler.ts')).handler as Step,
    };
  });
  after(async () => {
    await server?.stop();
    await stopAll();
  });

  const fhirServer = ({ path, method, headers }: Seen, response: import('node:http').ServerResponse): void => {
    const send = (status: number, told: Record<string, string> = {}, body = '') => response.writeHead(status, told).end(body);
    if (headers.authorization !== `Bearer ${TOKEN}`) return void send(401);
    if (path.includes('$export')) return void send(202, { 'content-location': `${server.url}/status/1` });
    if (path === '/status/1' && method === 'DELETE') return void send(202);
    if (path === '/status/1' && polls++ === 0) return void send(202, { 'x-progress': '50%', 'retry-after': '2' });
    if (path === '/status/1') {
      const output = Object.entries(FILES).map(([type, text]) => ({ type, url: `${server.url}/files/${type}?signature=abc`, count: text.split('\n').length - 1 }));
      return void send(200, {}, JSON.stringify({ transactionTime: '2026-11-21T07:00:00Z', requiresAccessToken: true, output, error: [] }));
    }
    return void send(200, { 'content-type': 'application/fhir+ndjson' }, FILES[path.split(/[/?]/)[2]!]);
  };

  const request = async (exportId: string, more: Partial<Export> = {}): Promise<void> => {
    const { putExport } = await import('../../lambdas/adapters/export-store.ts');
    const document: Export = {
      exportId,
      server: `${server.url}/fhir`,
      level: 'patient',
      source: 'fhir-ndjson',
      use: 'development',
      credentials: 'hospital',
      status: 'requested',
      createdAt: '2026-11-21T07:00:00.000Z',
      createdBy: 'somebody',
      ...more,
    };
    assert.ok(await putExport(TABLE, document));
  };
  const exportOf = async (exportId: string) => (await (await import('../../lambdas/adapters/export-store.ts')).getExport(TABLE, exportId))!;

  it('hand the files over as one upload, each step run twice, and bring nothing twice', async () => {
    const exportId = 'exp_01M7YK3KAYVZT70BTDKKF2ETFA';
    await request(exportId);
    const twice = async (step: Step, event: unknown): Promise<unknown> => {
      await step(event);
      return step(event);
    };
    assert.deepEqual(await twice(steps.kickOff, { exportId }), { outcome: 'accepted', waitSeconds: 1 });
    assert.deepEqual(await steps.poll({ exportId }), { outcome: 'wait', waitSeconds: 2 });
    assert.equal((await exportOf(exportId)).percent, 50);
    assert.deepEqual(await twice(steps.poll, { exportId }), { outcome: 'complete', batches: [0, 1, 2] });
    for (const batch of [0, 1, 2]) assert.deepEqual(await twice(steps.download, { exportId, batch, failures: 0 }), { outcome: 'stored' });
    const stored = { outcome: 'stored' };
    assert.deepEqual(await steps.finish({ exportId, ended: { outcome: 'downloaded', downloads: [stored, { outcome: 'expired' }, stored] } }), { outcome: 'expired' });
    assert.deepEqual(await twice(steps.finish, { exportId, ended: { outcome: 'downloaded', downloads: [stored, stored, stored] } }), { outcome: 'handed-over' });

    const { uploadId, report, transactionTime } = await exportOf(exportId);
    assert.equal(transactionTime, '2026-11-21T07:00:00Z');
    assert.deepEqual({ ...report, bytes: 0 }, { files: 3, resources: { Patient: 5, Observation: 300, Device: 0 }, bytes: 0, errors: [], mismatches: [], removed: 'removed' });
    const { getUpload } = await import('../../lambdas/adapters/upload-store.ts');
    const { getBytes, listKeys } = await import('../../lambdas/adapters/objects.ts');
    const upload = (await getUpload(TABLE, uploadId!)) as Upload;
    assert.equal(upload.files!.length, 2, 'an empty file is no part');
    assert.deepEqual(
      JSON.parse((await getBytes({ bucket: BUCKET, key: `uploads/${uploadId}` })).toString()),
      [...upload.files!].map(({ bytes, sha256 }) => ({ bytes, sha256 })),
    );
    assert.deepEqual(await listKeys(BUCKET, `parts/${uploadId}/`), [`parts/${uploadId}/0`, `parts/${uploadId}/1`]);
    for (const [index, type] of ['Patient', 'Observation'].entries()) assert.equal((await getBytes({ bucket: BUCKET, key: `parts/${uploadId}/${index}` })).toString(), FILES[type]);

    const { Items: edges } = await new DynamoDBClient({}).send(new ScanCommand({ TableName: LINEAGE }));
    assert.equal(edges!.length, 2, 'one edge, kept both ways, however often the step ran');
    for (const edge of edges!) assert.match(JSON.stringify(edge), new RegExp(`(${exportId}.*${uploadId})|(${uploadId}.*${exportId})`));

    const paths = server.seen.map(({ path }) => path.split('?')[0]);
    assert.equal(paths.filter((path) => path?.includes('$export')).length, 1);
    for (const type of Object.keys(FILES)) assert.equal(paths.filter((path) => path === `/files/${type}`).length, 1, type);
    const { Items: documents } = await new DynamoDBClient({}).send(new ScanCommand({ TableName: TABLE }));
    assert.doesNotMatch(JSON.stringify(documents), /token-of-the-test|signature/);
  });

  it('record a refusal and a fault, and delete at the server what was begun', async () => {
    const refused = 'exp_01M7YK3KAYVZT70BTDKKF2ETFB';
    await request(refused);
    await steps.kickOff({ exportId: refused });
    const before = server.seen.length;
    await steps.finish({
      exportId: refused,
      ended: { outcome: 'downloaded', downloads: [{ outcome: 'expired' }, { outcome: 'refused', detail: 'file 2 changed while it was downloaded' }] },
    });
    assert.deepEqual(
      server.seen.slice(before).map(({ method, path }) => `${method} ${path}`),
      ['DELETE /status/1'],
    );
    const { status, detail } = await exportOf(refused);
    assert.deepEqual({ status, detail }, { status: 'refused', detail: 'file 2 changed while it was downloaded' });

    const faulted = 'exp_01M7YK3KAYVZT70BTDKKF2ETFC';
    await request(faulted);
    await steps.finish({ exportId: faulted, ended: { outcome: 'faulted', execution: 'exp-1' } });
    assert.deepEqual((await exportOf(faulted)).status, 'faulted');
  });

  it('refuse credentials that are not there, or of another server', async () => {
    const unknown = 'exp_01M7YK3KAYVZT70BTDKKF2ETFD';
    await request(unknown, { credentials: 'clinic' });
    assert.deepEqual(await steps.kickOff({ exportId: unknown }), {
      outcome: 'refused',
      detail: 'credentials: none are kept under "clinic"; proband data fhir-server add keeps them',
    });
    const other = await serve((_, response) => void response.writeHead(500).end());
    const elsewhere = 'exp_01M7YK3KAYVZT70BTDKKF2ETFE';
    await request(elsewhere, { server: `${other.url}/fhir` });
    assert.deepEqual(await steps.kickOff({ exportId: elsewhere }), { outcome: 'refused', detail: `credentials: "hospital" are those of ${server.url}, not of ${other.url}` });
    assert.equal(other.seen.length, 0);
    await other.stop();
  });
});
