import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Connection } from '../../../lambdas/domain/lake/bulk-export/exchange.ts';
import { ConnectionBroken, type HttpAnswer } from '../../../lambdas/domain/outbound/exchange.ts';
import { downloadBatch } from '../../../lambdas/domain/lake/bulk-export/download.ts';
import { batchesOf, type Manifest } from '../../../lambdas/domain/lake/bulk-export/manifest.ts';
import { storedPieces } from '../../../lambdas/domain/lake/bulk-export/piece.ts';
import { LIMITS, memory } from '../../contract/bulk-export-server.ts';

/** How one answer ends, and how it is cut into chunks. */
type Fate = { status: 200 | 429 | 'broken'; chunk: number; breaksAfter: number };

const manifestOf = (contents: readonly string[]): Manifest => ({
  transactionTime: 'now',
  requiresAccessToken: false,
  files: contents.map((text, index) => ({
    kind: 'output',
    type: 'Observation',
    url: `https://ehr.example/${index}`,
    count: text.split('\n').filter((line) => line.trim() !== '').length,
  })),
});

/** A server whose answers break, by fate; after that it behaves. */
const exchangeOf =
  (contents: readonly string[], ranges: boolean, fates: Fate[]): Connection['exchange'] =>
  async ({ url, headers }) => {
    const content = Buffer.from(contents[Number(new URL(url).pathname.slice(1))]!);
    const fate = fates.shift() ?? { status: 200 as const, chunk: 65_536, breaksAfter: Number.POSITIVE_INFINITY };
    if (fate.status === 'broken') throw new ConnectionBroken('ECONNRESET');
    const from = ranges ? Number(/^bytes=(\d+)-$/.exec(headers['range'] ?? '')?.[1] ?? 0) : 0;
    const answer = (status: number, told: HttpAnswer['headers'], body: AsyncIterable<Uint8Array>): HttpAnswer => ({
      status,
      headers: told,
      body,
      wasCompressed: () => false,
      discard: () => undefined,
    });
    if (fate.status === 429) return answer(429, { 'retry-after': '0' }, chunks(Buffer.alloc(0), fate));
    if (from > 0 && from >= content.length) return answer(416, { 'content-range': `bytes */${content.length}` }, chunks(Buffer.alloc(0), fate));
    return from > 0
      ? answer(206, { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }, chunks(content.subarray(from), fate))
      : answer(200, { etag: '"1"' }, chunks(content, fate));
  };

async function* chunks(content: Buffer, { chunk, breaksAfter }: Fate): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += chunk) {
    if (at >= breaksAfter) throw new ConnectionBroken('ECONNRESET');
    yield content.subarray(at, Math.min(at + chunk, content.length));
  }
}

const connectionOf = (exchange: Connection['exchange'], limits: Partial<Connection['limits']> = {}): Connection => ({
  base: 'https://ehr.example/',
  exchange,
  authorization: async () => null,
  limits: { ...LIMITS, mostFailures: 1000, ...limits },
  now: () => 0,
  sleep: async () => undefined,
});

const line = fc.oneof(
  fc.constant(''),
  fc.constant('\r'),
  fc.string({ minLength: 1, maxLength: 30 }).map((text) => JSON.stringify({ text, ü: '—' })),
);
const text = fc.tuple(fc.array(line, { maxLength: 12 }), fc.boolean()).map(([lines, ended]) => lines.join('\n') + (ended && lines.length > 0 ? '\n' : ''));
const fate = fc.record({
  status: fc.constantFrom<Fate['status']>(200, 200, 200, 429, 'broken'),
  chunk: fc.integer({ min: 1, max: 60 }),
  breaksAfter: fc.integer({ min: 0, max: 200 }),
});
const whole = (texts: readonly string[]): string[] => texts.flatMap((content) => content.split('\n').filter((found) => found.trim() !== ''));

describe('a batch’s download', () => {
  it('brings every line once, however the answers are cut and broken, with and without ranges, in as many calls as it takes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.array(fate, { maxLength: 12 }),
        fc.integer({ min: 1, max: 200 }),
        async (contents, ranges, fates, pieceBytes) => {
          const manifest = manifestOf(contents);
          const kept = memory();
          const connection = connectionOf(exchangeOf(contents, ranges, [...fates]), { pieceBytes });
          for (const batch of batchesOf(manifest, 4)) {
            for (let failures = 0; ; ) {
              const ended = await downloadBatch(connection, { manifest, batch, generation: 1, failures, until: 1 }, kept.sink);
              if (ended.outcome === 'stored') break;
              assert.equal(ended.outcome, 'wait');
              failures = ended.outcome === 'wait' ? ended.failures : 0;
            }
          }
          const pieces = [];
          for (const { index } of batchesOf(manifest, 4)) pieces.push(...(await storedPieces(kept.sink, 1, index)));
          assert.deepEqual(
            kept.linesOf(pieces).filter((found) => found.trim() !== ''),
            whole(contents),
          );
          for (const { after } of pieces) assert.deepEqual(after.mismatches, []);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('ends when its time is over, and goes on where it ended', async () => {
    const contents = [Array.from({ length: 200 }, (_, index) => `{"id":"${index}"}\n`).join('')];
    const manifest = manifestOf(contents);
    const kept = memory();
    let asked = 0;
    let time = 0;
    const exchange = exchangeOf(
      contents,
      true,
      Array.from({ length: 50 }, () => ({ status: 200 as const, chunk: 100, breaksAfter: Number.POSITIVE_INFINITY })),
    );
    const connection: Connection = {
      ...connectionOf(async (request) => {
        asked += 1;
        return exchange(request);
      }),
      now: () => time++,
    };
    const [batch] = batchesOf(manifest, 4);
    const outcomes: string[] = [];
    while (outcomes.at(-1) !== 'stored')
      outcomes.push((await downloadBatch(connection, { manifest, batch: batch!, generation: 1, failures: 0, until: time + 5 }, kept.sink)).outcome);
    assert.ok(outcomes.length > 3 && outcomes.slice(0, -1).every((outcome) => outcome === 'unfinished'), outcomes.join());
    assert.equal(asked, outcomes.length);
    assert.deepEqual(kept.linesOf(await storedPieces(kept.sink, 1, 0)), whole(contents));
  });

  it('refuses a line that never ends', async () => {
    const contents = ['x'.repeat(5000)];
    const manifest = manifestOf(contents);
    const connection = connectionOf(exchangeOf(contents, true, [{ status: 200, chunk: 100, breaksAfter: Number.POSITIVE_INFINITY }]), { lineBytes: 1000 });
    const ended = await downloadBatch(connection, { manifest, batch: batchesOf(manifest, 4)[0]!, generation: 1, failures: 0, until: 1 }, memory().sink);
    assert.deepEqual(ended, { outcome: 'refused', detail: 'file 1 has a line of more than 1000 bytes: it is not NDJSON' });
  });

  it('holds little of a large file in memory', async () => {
    const block = Buffer.from(`${JSON.stringify({ resourceType: 'Observation', note: 'x'.repeat(700) })}\n`.repeat(90));
    const blocks = 8000;
    let most = 0;
    let written = 0;
    const body = (async function* () {
      for (let index = 0; index < blocks; index++) {
        if (index % 500 === 0) most = Math.max(most, process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers);
        yield Buffer.from(block.subarray(0));
      }
    })();
    const exchange: Connection['exchange'] = async () => ({ status: 200, headers: {}, body, wasCompressed: () => false, discard: () => undefined });
    const sink = {
      find: async () => null,
      open: async () => ({
        write: async (bytes: Uint8Array) => {
          written += bytes.length;
        },
        close: async () => ({}) as never,
        abandon: async () => undefined,
      }),
    };
    const manifest: Manifest = {
      transactionTime: 'now',
      requiresAccessToken: false,
      files: [{ kind: 'output', type: 'Observation', url: 'https://ehr.example/0', count: 90 * blocks }],
    };
    const before = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const ended = await downloadBatch(connectionOf(exchange, { pieceBytes: 1 << 28 }), { manifest, batch: batchesOf(manifest, 4)[0]!, generation: 1, failures: 0, until: 1 }, sink);
    assert.equal(ended.outcome, 'stored');
    assert.equal(written, block.length * blocks);
    assert.ok(written > 500_000_000);
    assert.ok(most - before < 128 * 1024 * 1024, `${Math.round((most - before) / 1048576)} MiB more at most`);
  });
});
