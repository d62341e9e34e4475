import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ROOT } from '../../../local/cloud/processes.ts';

const MEGABYTE = 1_000_000;
const PATIENTS = 200;
/** As a narrative of a long report: it stays behind. */
const NARRATIVE = 'the wall motion is normal; '.repeat(700);

const patientUrl = (patient: number): string => `urn:uuid:5f0c4b6e-6a4e-4e6e-9a39-${String(patient).padStart(12, '0')}`;

/** Observations first, whose patients come behind all of them; one in a thousand is of nobody. */
const writeBundle = (path: string, end: string): { observations: number; broken: number } => {
  const file = openSync(path, 'w');
  writeSync(file, '{"entry":[');
  let observations = 0;
  for (; observations === 0 || observations % 100 > 0 || statSync(path).size < 200 * MEGABYTE; observations += 1) {
    const resource = {
      resourceType: 'Observation',
      id: `o${observations}`,
      status: 'final',
      text: { status: 'generated', div: NARRATIVE },
      code: { coding: [{ system: 'http://loinc.org', code: '6301-6' }] },
      subject: { reference: observations % 1000 === 999 ? 'urn:uuid:nobody' : patientUrl(observations % PATIENTS) },
      effectiveDateTime: '2014-05-17T08:30:00+02:00',
      valueQuantity: { value: 1 + (observations % 40) / 10, code: '{INR}' },
    };
    writeSync(file, `${JSON.stringify({ resource, request: { method: 'POST', url: 'Observation' } })},\n`);
  }
  const patients = Array.from({ length: PATIENTS }, (_, patient) =>
    JSON.stringify({ fullUrl: patientUrl(patient), resource: { resourceType: 'Patient', gender: 'female', birthDate: '1951-03-02' }, request: { method: 'POST', url: 'Patient' } }),
  );
  writeSync(file, `${patients.join(',\n')}${end}`);
  closeSync(file);
  return { observations, broken: Math.floor(observations / 1000) };
};

const check = (path: string): { read: number; admitted: number; quarantined: { where: string; field: string | null; reason: string }[]; rows: Record<string, number> } => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--max-old-space-size=512', 'cli/main.ts', 'source', 'check', path, '--source', 'fhir', '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  return (JSON.parse(stdout) as { files: [ReturnType<typeof check>] }).files[0];
};

describe('a bundle of 200 MB, in a heap of 512 MB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'bundle.json');

  it('is read entry by entry; references that point behind all entries are found', { timeout: 300_000 }, () => {
    const { observations, broken } = writeBundle(path, '],"type":"transaction","resourceType":"Bundle"}');
    const { read, admitted, quarantined, rows } = check(path);
    assert.deepEqual([read, admitted], [observations + PATIENTS, observations + PATIENTS - broken]);
    assert.deepEqual(rows, { measurement: observations - broken, person: PATIENTS });
    assert.ok(broken > 5);
    assert.deepEqual([...new Set(quarantined.map(({ field, reason }) => `${field} ${reason}`))], ['subject.reference broken-reference']);
  });

  it('leaves nothing behind where it breaks off at its end', { timeout: 300_000 }, () => {
    writeBundle(path, '],"type":"transaction"');
    const { read, admitted, quarantined, rows } = check(path);
    assert.deepEqual([read, admitted, rows, quarantined.map(({ where, reason }) => `${where} ${reason}`)], [0, 0, {}, ['file malformed']]);
  });
});
