import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ExportOptions, exportRequestOf } from '../../../cli/commands/fhir-export.ts';

const SERVER: ExportOptions = { fhirServer: 'https://fhir.hospital.example/r4', source: 'fhir-ndjson', use: 'development' };
const ASKED = { server: SERVER.fhirServer, source: 'fhir-ndjson', use: 'development' };

describe('proband data upload --fhir-server', () => {
  it('asks for all patients, a group or everything, and for types and a time', () => {
    assert.deepEqual(exportRequestOf(SERVER), { ...ASKED, level: 'patient' });
    assert.deepEqual(exportRequestOf({ ...SERVER, patient: true }), { ...ASKED, level: 'patient' });
    assert.deepEqual(exportRequestOf({ ...SERVER, system: true, credentials: 'hospital' }), { ...ASKED, level: 'system', credentials: 'hospital' });
    assert.deepEqual(exportRequestOf({ ...SERVER, group: 'g-1', type: 'Patient,Observation', since: '2026-01-01T00:00:00Z' }), {
      ...ASKED,
      level: 'group',
      group: 'g-1',
      types: ['Patient', 'Observation'],
      since: '2026-01-01T00:00:00Z',
    });
  });

  for (const [options, says] of [
    [{ system: true, group: 'g-1' }, '--group, --patient and --system: only one of them'],
    [{ type: 'Patient,obs' }, '--type obs: must be a FHIR resource type'],
    [{ since: 'yesterday' }, '--since yesterday: Invalid ISO datetime'],
    [{ fhirServer: 'ftp://hospital' }, '--fhir-server ftp://hospital: must be the address of a FHIR server, https://…'],
    [{ group: 'a b' }, '--group a b: must be a FHIR id'],
  ] as [Partial<ExportOptions>, string][])
    it(`refuses ${JSON.stringify(options)} in one line`, () => {
      assert.throws(() => exportRequestOf({ ...SERVER, ...options }), { message: says });
    });
});
