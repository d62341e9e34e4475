import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { dataTypeProblem } from '../../../lambdas/domain/lake/formats/odm/data-types.ts';
import { lookThrough } from '../../../lambdas/domain/lake/formats/odm/document-set.ts';
import { OdmMap } from '../../../lambdas/domain/lake/formats/odm/map.ts';
import { odmRows } from '../../../lambdas/domain/lake/formats/odm/rows.ts';
import type { TableRow } from '../../../lambdas/domain/lake/formats/table/table-row.ts';
import type { Refusal } from '../../../lambdas/domain/lake/reading.ts';
import { memoryFile } from './xpt-bytes.ts';

const ROOT = join(import.meta.dirname, '../../..');
const fixture = (name: string): Buffer => readFileSync(join(ROOT, 'test/fixtures/odm', name));

const MAP = { name: 'odm-test', title: 'Test', version: '1', citation: 'none', namespace: 'test', format: 'odm', mapping: 'sdtm' };

const read = async (documents: Uint8Array[], choices: object = {}, chunk = 65_536) => {
  const rows: TableRow[] = [];
  const refusals: Refusal[] = [];
  const deleted: { where: string; record: string }[] = [];
  const files = documents.map((bytes, index) => memoryFile(bytes, 'xml', { index, chunk }));
  const map = OdmMap.parse({ ...MAP, ...choices });
  for await (const entry of odmRows(files, map, await lookThrough(files, map))) {
    if ('cells' in entry) rows.push(entry);
    else if ('refused' in entry) refusals.push(entry);
    else deleted.push(...entry.deleted.map(({ record }) => ({ where: entry.where, record })));
  }
  return { rows, refusals, deleted };
};

const at = (rows: TableRow[], line: number): TableRow => rows.find(({ where }) => where === `line ${line}`)!;
const findings = (rows: TableRow[]) =>
  Object.fromEntries(
    rows.filter((row) => row.findings!.length > 0).map(({ where, findings: found }) => [where, found!.map(({ field, reason }) => `${field} ${reason}`).join(', ')]),
  );
const cells = (row: TableRow, ...columns: string[]) => columns.map((column) => row.cells.get(column));

const document = (data: string, { study = '', type = 'Snapshot', at: asOf = '2026-01-01T00:00:00Z' } = {}): Buffer =>
  Buffer.from(
    `<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="${type}" FileOID="F" CreationDateTime="${asOf}">${study}<ClinicalData StudyOID="S" MetaDataVersionOID="M">${data}</ClinicalData></ODM>`,
  );
const group = (subject: string, key: string, items: string, transaction = ''): string =>
  `<SubjectData SubjectKey="${subject}"${transaction && ` TransactionType="${transaction}"`}><StudyEventData StudyEventOID="E"><FormData FormOID="F"><ItemGroupData ItemGroupOID="G" ItemGroupRepeatKey="${key}">${items}</ItemGroupData></FormData></StudyEventData></SubjectData>`;

describe('ODM documents', () => {
  it('gives each item group’s data a table and columns, and says what each bad one fails', async () => {
    const { rows, refusals } = await read([fixture('snapshot-1.3.2.xml')]);
    assert.deepEqual(refusals, []);
    assert.equal(rows.length, 17);
    assert.deepEqual(findings(rows), {
      'line 73': 'WEIGHT impossible-value',
      'line 76': 'WEIGHT wrong-unit',
      'line 82': 'HEIGHT unparsable-number',
      'line 90': 'AEENDTC unparsable-date',
      'line 94': 'AEDECOD missing-value',
      'line 103': 'SEX unknown-code, BRTHDTC unparsable-date',
      'line 107': 'ItemGroupOID broken-reference',
      'line 110': 'ItemOID broken-reference',
      'line 117': 'TransactionType duplicate-record',
      'line 127': 'StudyEventOID broken-reference, FormOID broken-reference',
    });
    assert.deepEqual(cells(at(rows, 55), 'SEX', 'BRTHDTC', 'USUBJID', 'STUDYID', 'DOMAIN', 'SITEID'), ['M', '1951-02', 'SYN1-001', 'SYN1', 'DM', 'L.1']);
    assert.equal(at(rows, 55).table, 'DM');
    // two items have the same SDSVarName: the SAS names tell them apart
    assert.deepEqual(cells(at(rows, 59), 'WEIGHT', 'WEIGHT.UNIT', 'HEIGHT', 'HEIGHT.UNIT', 'SYSBP', 'DIABP'), [70.5, 'kg', 180, 'cm', 120, 80]);
    // the range is for kilograms; a soft check is a warning
    assert.deepEqual(cells(at(rows, 70), 'WEIGHT', 'WEIGHT.UNIT'), [400, '[lb_av]']);
    assert.deepEqual(cells(at(rows, 79), 'WEIGHT'), [12.5]);
    // an external dictionary's codes are not ours to check; a partial date stays partial
    assert.deepEqual(cells(at(rows, 85), 'AEDECOD', 'AESTDTC', 'AEENDTC'), ['Kopfschmerz & Übelkeit', '2014---15T-:-:-', '2014-05-31']);
    // disjoint parts of one item group's data
    assert.deepEqual(cells(at(rows, 120), 'HEIGHT', 'SYSBP'), [170, 110]);
    assert.deepEqual(cells(at(rows, 136), 'SEX'), [null]);
  });

  it('leaves comments, audit records, users and vendors’ elements where they are', async () => {
    const { rows } = await read([fixture('snapshot-1.3.2.xml')]);
    const said = JSON.stringify(rows.map((row) => [[...row.cells], row.findings, row.text()]));
    for (const planted of ['Plantedname', '555-0100', 'Zacharias', 'Planted Hospital', 'U.1']) assert.ok(!said.includes(planted), planted);
  });

  it('applies transactions in their order', async () => {
    const { rows, deleted } = await read([fixture('snapshot-1.3.2.xml'), fixture('transactions-1.3.2.xml')]);
    const changed = rows.filter(({ file }) => file === 1);
    assert.deepEqual(findings(changed), {
      'line 11': 'TransactionType duplicate-record',
      'line 12': 'TransactionType unknown-code',
      'line 21': 'TransactionType broken-reference',
      'line 35': 'SubjectData broken-reference',
    });
    // definitions come from the other file; an update keeps what it does not mention; an item is removed
    assert.deepEqual(cells(at(changed, 19), 'HEIGHT', 'SYSBP', 'DIABP'), [170, 130, undefined]);
    assert.deepEqual(cells(at(changed, 9), 'HEIGHT'), [172]);
    assert.deepEqual(cells(at(changed, 22), 'HEIGHT'), [177]);
    assert.equal(changed.length, 7);
    assert.deepEqual(
      deleted.map(({ where, record }) => [where, /"([^"]*)"\]$/.exec(record)![1]]),
      [
        ['line 20', 'removed'],
        ['line 23', 'elsewhere'],
        ['line 34', '1'],
      ],
    );
  });

  it('gives the same, in whatever order the files of a set come', async () => {
    const files = [fixture('snapshot-1.3.2.xml'), fixture('transactions-1.3.2.xml')];
    const outcome = async (documents: Buffer[]) => {
      const { rows, deleted } = await read(documents);
      return { rows: rows.map((row) => JSON.stringify([row.record, row.where, row.findings, [...row.cells]])).sort(), deleted: deleted.map(({ record }) => record).sort() };
    };
    assert.deepEqual(await outcome(files), await outcome(files.toReversed()));
  });

  it('takes the later of two snapshots, whole', async () => {
    const former = document(group('1', 'a', '<ItemData ItemOID="X" Value="1"/><ItemData ItemOID="Y" Value="1"/>'), { at: '2026-01-01T12:00:00+02:00' });
    const later = document(group('1', 'a', '<ItemData ItemOID="X" Value="2"/>'), { at: '2026-01-01T11:00:00Z' });
    const { rows } = await read([later, former]);
    assert.deepEqual(
      rows.map((row) => cells(row, 'X', 'Y')),
      [['2', undefined]],
    );
  });

  it('reads typed items, a namespace’s prefix, Latin-1 and CDATA', async () => {
    const { rows } = await read([fixture('typed-latin1.xml')], {}, 7);
    assert.deepEqual(cells(rows[0]!, 'VSTESTCD', 'VSORRES', 'VSORRESU', 'VSDTC', 'NOTE', 'USUBJID'), ['WEIGHT', '70.5', 'kg', '2014-05', 'a <b> & c d', 'SYN2-Größe-1']);
    assert.deepEqual(
      rows[1]!.findings!.map(({ field, reason }) => `${field} ${reason}`),
      ['VSORRES unparsable-number', 'VSDTC unparsable-date'],
    );
  });

  it('names the subject as the map chooses, and its tables and columns', async () => {
    const study =
      '<Study OID="S"><MetaDataVersion OID="M"><StudyEventDef OID="E"/><FormDef OID="F"/><ItemGroupDef OID="G"><ItemRef ItemOID="I.U" Mandatory="No"/><ItemRef ItemOID="I.X" Mandatory="No"/></ItemGroupDef><ItemDef OID="I.U" DataType="text" SDSVarName="USUBJID"/><ItemDef OID="I.X" DataType="text"/></MetaDataVersion></Study>';
    const data =
      group('1', 'a', '<ItemData ItemOID="I.U" Value="S-01-001"/>') +
      group('1', 'b', '<ItemData ItemOID="I.X" Value="x"/>') +
      group('2', 'a', '<ItemData ItemOID="I.X" Value="y"/>');
    const subjects = async (subject: string) => (await read([document(data, { study })], { subject })).rows.map((row) => row.cells.get('USUBJID'));
    assert.deepEqual(await subjects('SubjectKey'), ['1', '1', '2']);
    assert.deepEqual(await subjects('StudyOID-SubjectKey'), ['S-1', 'S-1', 'S-2']);
    assert.deepEqual(await subjects('USUBJID'), ['S-01-001', 'S-01-001', null]);
    const { rows } = await read([document(data, { study })], { tables: { G: 'VS' }, columns: { 'I.X': 'VSTEST' } });
    assert.deepEqual([rows[1]!.table, rows[1]!.cells.get('VSTEST')], ['VS', 'x']);
    assert.deepEqual((await read([document(data, { study })], { subject: 'USUBJID' })).rows[2]!.findings, [{ field: 'USUBJID', reason: 'missing-key' }]);
  });

  it('takes a subject’s key without the blanks around it; blanks alone are none', async () => {
    const { rows } = await read([document(['1', ' 1 ', '  '].map((key, at) => group(key, `k${at}`, '<ItemData ItemOID="X" Value="1"/>')).join(''))]);
    assert.deepEqual(
      rows.map(({ cells: row, findings: found }) => row.get('USUBJID') ?? found),
      ['S-1', 'S-1', [{ field: 'SubjectKey', reason: 'missing-key' }]],
    );
  });

  it('leaves out a subject without a key, and a snapshot’s data with another transaction than Insert', async () => {
    const { rows } = await read([document(group('', 'a', '<ItemData ItemOID="X" Value="1"/>') + group('1', 'a', '<ItemData ItemOID="X" Value="1"/>', 'Remove'))]);
    assert.deepEqual(
      rows.map(({ findings: found }) => found),
      [[{ field: 'SubjectKey', reason: 'missing-key' }], [{ field: 'TransactionType', reason: 'unknown-code' }]],
    );
  });

  it('reads the shared ODM 1.1 document: two subjects, and a change of what is not there', (test) => {
    const path = join(ROOT, '../shared/data/cdisc/odm/odm1_1_0_example.xml');
    if (!existsSync(path)) return test.skip('no shared data here');
    return (async () => {
      const { rows, refusals } = await read([readFileSync(path)]);
      assert.deepEqual(refusals, []);
      assert.equal(rows.length, 11);
      // its form is "Page 1", the one that was inserted is "PAGE_1"
      assert.deepEqual(findings(rows), { 'line 232': 'TransactionType broken-reference' });
      assert.deepEqual(cells(at(rows, 152), 'SEX', 'DOB', 'WEIGHTKG'), ['f', '1947-07-16', 68.18]);
    })();
  });

  it('reads the shared ODM 2.0 document: 21 item groups, of them a date and a boolean that are none', (test) => {
    const path = join(ROOT, '../shared/data/cdisc/odm/Demographics_RACE_check_all_that_apply.xml');
    if (!existsSync(path)) return test.skip('no shared data here');
    return (async () => {
      const { rows, refusals } = await read([readFileSync(path)]);
      assert.deepEqual(refusals, []);
      assert.equal(rows.length, 21);
      assert.deepEqual(findings(rows), { 'line 197': 'IT.RACE_BOOLEAN wrong-type', 'line 217': 'IT.DOB unparsable-date' });
    })();
  });
});

describe('ODM data types', () => {
  const ALLOWED: Record<string, string[]> = {
    integer: ['0', '-12', '+7'],
    float: ['1', '-1.50', '.5', '5.'],
    double: ['1', '-1.5E+10', '1.5d-3'],
    boolean: ['true', 'false', '1', '0'],
    date: ['2014-05-31', '2024-02-29'],
    time: ['23:59:59', '00:00:00.5Z', '12:00:00+02:00'],
    datetime: ['2014-05-31T23:59:59', '2014-05-31T00:00:00.123-05:00'],
    partialDate: ['2014', '2014-05', '2014-05-31'],
    partialDatetime: ['2014', '2014-05-31T14', '2014-05-31T14:30Z', '2014-05-31T14:30:01'],
    incompleteDate: ['2014---15', '----30', '2014-05'],
    incompleteDatetime: ['2004---15T-:05:-', '2014-05-31T10:11:12', '2014'],
    incompleteTime: ['-:55:30', '-:-:30', '10:11'],
    durationDatetime: ['PT4H35M', 'P1Y', 'P3W', '-P1D', 'P1Y2M3DT4H5M6.7S'],
    intervalDatetime: ['2014-01/2014-02', '2014-01-01T10/PT1H', 'P1D/2014'],
    hexBinary: ['', '0aFF'],
    base64Binary: ['AAAA', 'QQ==', 'AA AA\nQQ=='],
    text: ['anything'],
  };
  const REFUSED: Record<string, string[]> = {
    integer: ['1.0', '', '1e3', 'one'],
    float: ['1e3', '1,5', '.', 'NaN'],
    double: ['1e5', 'x', 'INF'],
    boolean: ['4', 'yes', 'TRUE'],
    date: ['2014-02-31', '2014-13-01', '2014-5-1', '31-05-2014', '2014', '1975-01-31>', '2014-00-01', '2014-01-00'],
    time: ['24:00:01', '12:60:00', '12:00'],
    datetime: ['2014-02-30T00:00:00', '2014-05-31', '2014-05-31 10:00:00', '2014-05-31T25:00:00'],
    partialDate: ['51', '2014-13', '2014-02-31', '2014-5'],
    incompleteDate: ['2014--15', '2014-02-31', '--02-31'],
    incompleteDatetime: ['2014---15T-', '2014-02-30T-:-:-'],
    durationDatetime: ['P', 'PT', '1D', 'P1DT', 'P1W2D'],
    intervalDatetime: ['2014-01', 'P1D/P1D', '2014-02-30/2015'],
    hexBinary: ['0', 'zz'],
    base64Binary: ['A===', '!', 'AAA', 'AA='],
  };
  it('allow what section 2.13 of the standard allows, and no more', () => {
    for (const [type, values] of Object.entries(ALLOWED)) for (const value of values) assert.equal(dataTypeProblem(value, type), null, `${type} ${value}`);
    for (const [type, values] of Object.entries(REFUSED)) for (const value of values) assert.notEqual(dataTypeProblem(value, type), null, `${type} ${value}`);
  });

  it('look at four million characters as at four', () => {
    const long = 'A'.repeat(4 * 1024 * 1024);
    assert.equal(dataTypeProblem(long, 'base64Binary'), null);
    assert.equal(dataTypeProblem(long, 'hexBinary'), null);
    for (const type of Object.keys(ALLOWED)) if (type !== 'text') dataTypeProblem(`${'1'.repeat(4_000_000)}x`, type);
  });

  it('take every day of the calendar as a date, and no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }), (year, month, day) => {
        const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
        const real = !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
        assert.equal(dataTypeProblem(text, 'date') === null, real, text);
      }),
      { numRuns: 2000 },
    );
  });
});
