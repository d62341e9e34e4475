import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { inspectFile, refusalOf } from '../../../lambdas/domain/lake/inspect-file.ts';
import { HEADER, csvLine } from '../../../local/cohort/iwpc-row.ts';
import { ingestFile } from './ingest-file.ts';

const ROW = HEADER.map((name) => (name === 'PharmGKB Subject ID' ? 'S1' : name === 'Project Site' ? '7' : 'NA')).join(',');
/** Why the file is refused: its bytes against what was declared, then by its format's reader. */
const refusal = async (content: string | Buffer, declared?: Partial<{ sha256: string; bytes: number }>): Promise<string | null> => {
  const bytes = Buffer.from(content);
  async function* stream() {
    yield bytes;
  }
  const other = refusalOf(await inspectFile(stream()), { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length, ...declared });
  if (other) return other;
  const { readings, rows } = await ingestFile(bytes);
  const { refused } = readings[0]!;
  if (refused) assert.deepEqual([rows, readings[0]!.read], [[], 0]);
  return refused?.detail ?? null;
};

test('a file that is what it says is not refused', async () => {
  assert.equal(await refusal(`${csvLine(HEADER)}\r\n${ROW}\r\n`), null);
  assert.equal(await refusal(`\uFEFF${csvLine(HEADER)}\n${ROW}`), null);
  assert.equal(await refusal(`${csvLine(HEADER.toReversed())}\n${ROW.split(',').toReversed().join(',')}`), null);
});

test('other bytes than the upload declared', async () => {
  assert.match((await refusal(`${csvLine(HEADER)}\n${ROW}`, { bytes: 5 }))!, /^the file has \d+ bytes, the upload declared 5$/);
  assert.match((await refusal(`${csvLine(HEADER)}\n${ROW}`, { sha256: '0'.repeat(64) }))!, /SHA-256 is [0-9a-f]{64}, the upload declared 0{64}/);
});

test('empty, binary, header only', async () => {
  assert.equal(await refusal(''), 'the file is empty');
  assert.equal(await refusal(Buffer.from([0x50, 0x4b, 3, 4, 0, 0])), 'the file is binary; source iwpc is CSV text in UTF-8');
  assert.equal(await refusal(Buffer.from(`${csvLine(HEADER)}\n${ROW}`, 'utf16le')), 'the file is binary; source iwpc is CSV text in UTF-8');
  assert.equal(await refusal(`${csvLine(HEADER)}\n\n`), 'the file has a header but no rows');
});

test('a wrong header is named by what is missing, never by what it holds', async () => {
  const without = (...names: string[]) => HEADER.filter((name) => !names.includes(name));
  assert.equal(await refusal(`${csvLine(without('Age', 'Gender'))}\n${ROW}`), 'the header lacks 2 of the 68 columns of source iwpc: "Gender", "Age"');
  assert.equal(
    await refusal(`${csvLine([...HEADER, 'Mother of Ruth Abernethy'])}\n${ROW}`),
    'the header has 1 columns that source iwpc does not describe; it describes exactly 68',
  );
  assert.equal(await refusal(`${csvLine([...HEADER, 'Age'])}\n${ROW}`), 'the header repeats "Age"');
  const patient = await refusal('Ruth Abernethy,1947-02-03,INR 2.4\nTobias Wrenfield,1950-01-01,INR 3.1\n');
  assert.equal(patient, 'the first line is not the header of source iwpc: none of its 68 columns is there');
});
