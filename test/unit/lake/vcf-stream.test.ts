import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { readVcf } from '../../../lambdas/domain/lake/formats/vcf/read.ts';
import { eachUnit } from '../../../lambdas/domain/lake/reading.ts';
import { HEADER, VCF, columns, everyRecord, record, textOf } from './vcf-text.ts';

const MEBIBYTE = 1024 * 1024;
const FILE_BYTES = 2000 * MEBIBYTE;
const MAX_HEAP_GROWTH = 64 * MEBIBYTE;

describe('a VCF of 2 GB', () => {
  it('is read in a heap that does not grow with it', async () => {
    const elsewhere = Array.from({ length: 4000 }, (_, index) =>
      record(`chr${1 + Math.floor(index / 500)}`, 1_000_000 + index, 'A', 'G', '0/1').replace('\t.\tGT', `\tAC=1;AF=0.500;AN=2;DP=${index};FS=0.000;MQ=60.00;QD=12.5;SOR=0.7\tGT`),
    );
    const filler = Buffer.from(textOf(...elsewhere));
    const between = everyRecord({ 94942290: '0/1' });
    const before = process.memoryUsage().heapUsed;
    let highest = 0;
    const open = async function* () {
      yield Buffer.from(textOf(...HEADER, columns('S1')));
      for (let sent = 0, chunks = 0; sent < FILE_BYTES; sent += filler.length, chunks += 1) {
        yield filler;
        const line = between.shift();
        if (line) yield Buffer.from(`${line}\n`);
        if (chunks % 64 === 0) {
          await setImmediate();
          highest = Math.max(highest, process.memoryUsage().heapUsed);
        }
      }
      yield Buffer.from(textOf(...between));
    };
    const diplotypes: unknown[] = [];
    for await (const answers of readVcf([{ index: 0, path: '', extension: 'vcf', bytes: FILE_BYTES, open }], VCF))
      for (const answer of eachUnit(answers)) diplotypes.push('call' in answer ? answer.call?.diplotype : answer);
    assert.deepEqual(diplotypes, ['*1/*2', 'rs9923231 reference (C)/rs9923231 reference (C)', '*1/*1']);
    assert.ok(highest - before < MAX_HEAP_GROWTH, `the heap grew by ${Math.round((highest - before) / MEBIBYTE)} MiB`);
  });
});
