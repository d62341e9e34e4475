import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ingested } from '../../cli/landing.ts';
import type { Export } from '../../lambdas/contracts/export.ts';
import { serve } from '../contract/bulk-export-server.ts';
import type { World } from './world.ts';

const PATIENTS = 12;
const patients = Array.from({ length: PATIENTS }, (_, patient) => ({ resourceType: 'Patient', id: `exported-${patient}`, gender: 'female', birthDate: '1951-03-02' }));
const observations = patients.flatMap(({ id }, patient) =>
  [2.1, 2.6].map((value, place) => ({
    resourceType: 'Observation',
    id: `exported-${patient}-${place}`,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '6301-6' }] },
    // the first is of a patient whom the server did not send
    subject: { reference: patient === 0 && place === 0 ? 'Patient/elsewhere' : `Patient/${id}` },
    effectiveDateTime: '2014-05-17T08:30:00+02:00',
    valueQuantity: { value, code: '{INR}' },
  })),
);
const FILES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ Patient: patients, Observation: observations }).map(([type, resources]) => [type, resources.map((resource) => `${JSON.stringify(resource)}\n`).join('')]),
);

const ENDED: readonly Export['status'][] = ['handed-over', 'empty', 'refused', 'faulted'];

/** The export machine and the ingest machine, one after the other, from a FHIR server's files to rows and lineage. */
export const bulkExport = (world: () => World): void => {
  describe('a Bulk Data export', () => {
    it('becomes an upload that is ingested, and stands above it in the lineage', async () => {
      let polls = 0;
      const server = await serve(({ path, method }, response) => {
        const send = (status: number, headers: Record<string, string> = {}, body = '') => response.writeHead(status, headers).end(body);
        if (path.includes('$export')) return void send(202, { 'content-location': `${server.url}/status/1` });
        if (path === '/status/1' && method === 'DELETE') return void send(202);
        if (path === '/status/1' && polls++ === 0) return void send(202, { 'x-progress': '50%', 'retry-after': '1' });
        if (path !== '/status/1') return void send(200, { 'content-type': 'application/fhir+ndjson' }, FILES[path.split('/')[2]!] ?? '');
        const output = Object.entries(FILES).map(([type, text]) => ({ type, url: `${server.url}/files/${type}`, count: text.split('\n').length - 1 }));
        send(200, {}, JSON.stringify({ transactionTime: '2026-11-21T07:00:00Z', requiresAccessToken: false, output, error: [] }));
      });
      try {
        const client = world().as('data-scientist');
        const { exportId } = await client('createExport', { body: { server: server.url, level: 'system', source: 'fhir-ndjson', use: 'development' } });
        let found = await client('getExport', { params: { exportId } });
        for (let second = 0; second < 120 && !ENDED.includes(found.status); second++) {
          await new Promise((resume) => setTimeout(resume, 1000));
          found = await client('getExport', { params: { exportId } });
        }
        assert.equal(found.status, 'handed-over', found.detail ?? 'no detail');
        assert.deepEqual(found.report!.resources, { Patient: PATIENTS, Observation: 2 * PATIENTS });

        const { status, report, ingestId } = await ingested(client, found.uploadId!, () => undefined);
        assert.equal(status, 'admitted');
        assert.deepEqual([report!.files, report!.read, report!.admitted], [2, 3 * PATIENTS, 3 * PATIENTS - 1]);
        assert.deepEqual(report!.rows, { measurement: 2 * PATIENTS - 1, person: PATIENTS });
        assert.deepEqual(
          report!.quarantined.map(({ reason, column, count }) => [reason, column, count]),
          [['broken-reference', 'subject.reference', 1]],
        );

        const { upstream } = await world().as('auditor')('getLineage', { params: { id: ingestId! } });
        assert.deepEqual(
          upstream.map(({ from, to, relation, depth }) => [from, to, relation, depth]),
          [
            [found.uploadId, ingestId, 'ingested', 1],
            [exportId, found.uploadId, 'exported', 2],
          ],
        );
        assert.deepEqual(
          server.seen.filter(({ method }) => method === 'DELETE').map(({ path }) => path),
          ['/status/1'],
        );
      } finally {
        await server.stop();
      }
    });
  });
};
