import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import shipped from '../../../config/sources/dataset-json.json' with { type: 'json' };
import { DatasetJsonMap } from '../../../lambdas/domain/lake/formats/dataset-json/map.ts';
import { readDatasetJson } from '../../../lambdas/domain/lake/formats/dataset-json/read.ts';
import { memoryFile, readSet } from './table-set.ts';

const map = DatasetJsonMap.parse(shipped);

/** One of each kind of 45 CFR 164.514(b)(2)(i)(A) to (R), but for dates, which the core moves, and the photograph, which no table holds. */
const PLANTED = {
  name: 'Erika Mustermann',
  street: '12 Elm Street',
  city: 'Smallville',
  zip: '03871-1234',
  telephone: '603-555-0142',
  fax: '603-555-0143',
  email: 'erika@example.org',
  socialSecurity: '078-05-1120',
  medicalRecord: 'MRN 4711081',
  healthPlan: 'XEA123456789',
  account: 'DE02120300000000202051',
  licence: 'NHL12345678',
  vehicle: '1HGCM82633A004352',
  device: 'SN-9Q8W7E6R',
  url: 'https://example.org/~erika',
  address: '192.0.2.17',
  fingerprint: 'FMR 20 203 0A1B',
  other: 'Study card 55-A-17',
};

/** Told from a coded term by their form; a name in a column of codes is not. */
const HAS_NUMBER = new Set(['zip', 'telephone', 'fax', 'email', 'socialSecurity', 'medicalRecord', 'healthPlan', 'account', 'licence', 'vehicle', 'url', 'address']);

/** A dataset whose columns all hold text. */
const dataset = (name: string, rows: Record<string, unknown>[]): string => {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return JSON.stringify({
    datasetJSONCreationDateTime: '2026-03-02T09:00:00',
    datasetJSONVersion: '1.1.0',
    itemGroupOID: `IG.${name}`,
    records: rows.length,
    name,
    label: name,
    columns: columns.map((column) => ({ itemOID: column, name: column, label: column, dataType: typeof rows[0]![column] === 'number' ? 'integer' : 'string' })),
    rows: rows.map((row) => columns.map((column) => row[column] ?? null)),
  });
};
const keys = { STUDYID: 'SYN1', USUBJID: 'SYN1-001' };

describe('identifiers in SDTM datasets', () => {
  for (const [kind, planted] of Object.entries(PLANTED)) {
    it(`${kind}: stays behind, and is in no reason`, async () => {
      const files = [
        dataset('DM', [{ ...keys, SITEID: 'S01', SEX: 'F', RFSTDTC: '2014-03-10', SUBJID: planted, INVNAM: planted, INVID: planted, ARM: planted, DMREFID: planted }]),
        dataset('AE', [
          { ...keys, AESEQ: 1, AETERM: planted, AEMODIFY: planted, AEREL: planted, AEREFID: planted, AESPID: planted, AELOC: planted, AESTDTC: '2014-04-01' },
          { ...keys, AESEQ: 2, AETERM: planted, AESEV: planted, AESER: planted, AESTDTC: planted },
        ]),
        dataset('CM', [{ ...keys, CMSEQ: 1, CMTRT: planted, CMINDC: planted, CMMODIFY: planted, CMSTTPT: planted, CMSTDTC: '2014' }]),
        dataset('LB', [
          { ...keys, LBSEQ: 1, LBTESTCD: 'KETONES', LBORRES: planted, LBSTRESC: planted, LBNAM: planted, LBREASND: planted, LBREFID: planted, LBDTC: '2014-03-10' },
          { ...keys, LBSEQ: 2, LBTESTCD: planted, LBSTRESN: 1, LBSTRESU: `${planted} per ${planted} or so, as she said`, LBDTC: planted },
        ]),
        dataset('DS', [{ ...keys, DSSEQ: 1, DSTERM: planted, DSDECOD: 'COMPLETED', DSSTDTC: '2014-06-02' }]),
        dataset('MH', [{ ...keys, MHSEQ: 1, MHDECOD: `Gout ${planted}`, MHSTDTC: '2009' }]),
        dataset('CO', [{ ...keys, COSEQ: 1, COVAL: planted }]),
      ];
      const read = await readSet(
        readDatasetJson,
        files.map((content, index) => memoryFile(content, index)),
        map,
      );
      assert.deepEqual(
        read.map(({ admitted, leftOut, refused }) => [admitted, Object.keys(leftOut).length, refused?.refused ?? null]),
        [[1, 0, null], [1, 1, null], [1, 0, null], [1, 1, null], [1, 0, null], HAS_NUMBER.has(kind) ? [0, 1, null] : [1, 0, null], [0, 0, 'not-kept']],
      );
      if (!HAS_NUMBER.has(kind)) read.splice(5, 1);
      assert.ok(!JSON.stringify(read).toLowerCase().includes(planted.toLowerCase()), JSON.stringify(read));
    });
  }
});
