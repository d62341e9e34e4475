import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Connection } from '../../lambdas/domain/lake/bulk-export/exchange.ts';
import { type Exported, exportAll } from '../../lambdas/domain/lake/bulk-export/export-all.ts';
import type { Asked } from '../../lambdas/domain/lake/bulk-export/kick-off.ts';
import { type Answer, type Seen, connect, memory, serve } from './bulk-export-server.ts';

const NDJSON = 'application/fhir+ndjson';
const resources = (type: string, from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => JSON.stringify({ resourceType: type, id: `${type.toLowerCase()}-${from + index}`, note: 'é'.repeat(40) }));
const FILES: Record<string, { type: string; kind?: 'deleted' | 'error'; lines: string[] }> = {
  'patient-1': { type: 'Patient', lines: resources('Patient', 0, 40) },
  'observation-1': { type: 'Observation', lines: resources('Observation', 0, 700) },
  'observation-2': { type: 'Observation', lines: resources('Observation', 700, 500) },
  'observation-3': { type: 'Observation', lines: [] },
  'deleted-1': {
    type: 'Bundle',
    kind: 'deleted',
    lines: [JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: [{ request: { method: 'DELETE', url: 'Observation/9' } }] })],
  },
  'error-1': {
    type: 'OperationOutcome',
    kind: 'error',
    lines: [JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ severity: 'warning', code: 'not-supported', diagnostics: 'Mrs Doe was left out' }] })],
  },
};
const ALL = Object.values(FILES).flatMap(({ lines }) => lines);
const textOf = (name: string): string => FILES[name]!.lines.map((line) => `${line}\n`).join('');

type Faults = {
  kickOff?: Answer;
  status?: Answer;
  file?: (name: string, request: Seen, response: ServerResponse) => boolean | Promise<boolean>;
  remove?: Answer;
  manifest?: (manifest: Record<string, unknown>, base: string) => Record<string, unknown>;
};

const send = (response: ServerResponse, status: number, headers: Record<string, string> = {}, body: string | Buffer = ''): void => {
  response.writeHead(status, headers);
  response.end(body);
};
/** Answers in place of the server. */
const sent = (...answer: Parameters<typeof send>): true => {
  send(...answer);
  return true;
};
const cut = (response: ServerResponse): true => {
  response.destroy();
  return true;
};
const once = <A extends unknown[]>(fault: (...args: A) => void): ((...args: A) => boolean) => {
  let left = true;
  return (...args) => {
    if (!left) return false;
    left = false;
    fault(...args);
    return true;
  };
};

/** A FHIR server that does everything right but for the faults. */
const faulty = async (faults: Faults) => {
  let base = '';
  const server = await serve(async (request, response) => {
    const { method, path, headers } = request;
    if (path.startsWith('/fhir/$export')) {
      if (faults.kickOff && (await answered(faults.kickOff, request, response))) return;
      if (headers.prefer !== 'respond-async' || headers.accept !== 'application/fhir+json') return send(response, 400);
      return send(response, 202, { 'content-location': `${base}/status/1` });
    }
    if (path.startsWith('/status/')) {
      if (method === 'DELETE') return faults.remove ? faults.remove(request, response) : send(response, 202);
      if (faults.status && (await answered(faults.status, request, response))) return;
      return send(response, 200, { 'content-type': 'application/json' }, JSON.stringify((faults.manifest ?? ((m) => m))(manifestAt(base), base)));
    }
    const name = path.replace(/^\/files\/([a-z0-9-]+).*$/, '$1');
    if (faults.file && (await faults.file(name, request, response))) return;
    if (headers.accept !== NDJSON) return send(response, 406);
    if (!FILES[name]) return send(response, 404);
    return sendFile(name, request, response);
  });
  base = server.url;
  after(server.stop);
  return server;
};
const answered = async (answer: Answer, request: Seen, response: ServerResponse): Promise<boolean> => {
  await answer(request, response);
  return response.headersSent;
};

const manifestAt = (base: string): Record<string, unknown> => {
  const of = (kind: 'deleted' | 'error' | undefined) =>
    Object.entries(FILES)
      .filter(([, file]) => file.kind === kind)
      .map(([name, { type, lines }]) => ({ type, url: `${base}/files/${name}`, count: lines.length }));
  return {
    transactionTime: '2026-11-21T07:00:00Z',
    request: `${base}/fhir/$export`,
    requiresAccessToken: false,
    output: of(undefined),
    deleted: of('deleted'),
    error: of('error'),
  };
};

const sendFile = (name: string, { headers }: Pick<Seen, 'headers'>, response: ServerResponse): void => {
  const etag = `"${name}"`;
  const content = Buffer.from(textOf(name));
  const [, from] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
  const ifRange = headers['if-range'];
  if (from === undefined || (ifRange !== undefined && ifRange !== etag)) {
    send(response, 200, { 'content-type': NDJSON, etag, 'content-length': String(content.length) }, content);
    return;
  }
  const rest = content.subarray(Number(from));
  send(response, 206, { 'content-type': NDJSON, etag, 'content-range': `bytes ${from}-${content.length - 1}/${content.length}`, 'content-length': String(rest.length) }, rest);
};
/** Declares the whole and breaks the connection after half of it. */
const sendHalf = (name: string, response: ServerResponse, headers: Record<string, string> = {}): void => {
  const content = Buffer.from(textOf(name));
  response.writeHead(200, { 'content-type': NDJSON, 'content-length': String(content.length), ...headers });
  response.write(content.subarray(0, Math.floor(content.length / 2) + 7), () => setTimeout(() => response.destroy(), 5));
};

const run = async (faults: Faults, options: Parameters<typeof connect>[1] & { asked?: Asked } = {}) => {
  const server = await faulty(faults);
  const connection = connect(`${server.url}/fhir`, options);
  const kept = memory(options.asked);
  const exported = await exportAll(connection, kept.store, kept.sink);
  const lines = exported.outcome === 'complete' ? kept.linesOf(exported.pieces) : [];
  return { server, connection, exported, lines, kept };
};
const complete = (exported: Exported): Extract<Exported, { outcome: 'complete' }> => {
  assert.equal(exported.outcome, 'complete', JSON.stringify(exported));
  return exported as Extract<Exported, { outcome: 'complete' }>;
};
const refusedWith = (exported: Exported, detail: RegExp): void => {
  assert.equal(exported.outcome, 'refused');
  assert.match((exported as Extract<Exported, { outcome: 'refused' }>).detail, detail);
};
const arrivedOnce = (lines: string[]): void => assert.deepEqual(lines, ALL);
const asksFor = (seen: Seen[], name: string): Seen[] => seen.filter(({ path }) => path.startsWith(`/files/${name}`));

describe('a bulk export', () => {
  it('brings every line of every file once, in the manifest’s order, and deletes the export', async () => {
    const { exported, lines, server } = await run({});
    arrivedOnce(lines);
    const { report, transactionTime } = complete(exported);
    assert.deepEqual(report, {
      files: 6,
      resources: { Patient: 40, Observation: 1200 },
      bytes: Buffer.byteLength(Object.keys(FILES).map(textOf).join('')),
      errors: [{ severity: 'warning', code: 'not-supported', count: 1 }],
      mismatches: [],
      removed: 'removed',
    });
    assert.equal(transactionTime, '2026-11-21T07:00:00Z');
    assert.deepEqual(
      server.seen.filter(({ method }) => method === 'DELETE').map(({ path }) => path),
      ['/status/1'],
    );
  });

  it('tells the server types, time and format; level and group in the path', async () => {
    const { server } = await run({}, { asked: { level: 'group', group: 'warfarin-1', types: ['Patient', 'Observation'], since: '2026-01-01T00:00:00Z' } });
    const { pathname, searchParams } = new URL(server.seen[0]!.path, server.url);
    assert.equal(pathname, '/fhir/Group/warfarin-1/$export');
    assert.deepEqual(Object.fromEntries(searchParams), { _outputFormat: NDJSON, _type: 'Patient,Observation', _since: '2026-01-01T00:00:00Z' });
    const patients = await run({}, { asked: { level: 'patient' } });
    assert.match(patients.server.seen[0]!.path, /^\/fhir\/Patient\/\$export\?/);
  });

  it('starts by POST where GET is not allowed', async () => {
    const { server, lines } = await run(
      { kickOff: ({ method }, response) => (method === 'GET' ? send(response, 405) : undefined) },
      { asked: { level: 'system', types: ['Patient', 'Group'] } },
    );
    arrivedOnce(lines);
    const [, posted] = server.seen;
    assert.deepEqual(JSON.parse(posted!.body).parameter, [
      { name: '_outputFormat', valueString: NDJSON },
      { name: '_type', valueString: 'Patient' },
      { name: '_type', valueString: 'Group' },
    ]);
  });

  it('waits while the server works, as long as it says and no longer than configured', async () => {
    const retryAfter = ['0.01', new Date(Date.now() + 3_600_000).toUTCString(), '120', undefined];
    const { connection, lines } = await run({
      status: (_, response) => {
        if (retryAfter.length === 0) return;
        const value = retryAfter.shift();
        send(response, 202, { 'x-progress': '40% for John Doe', ...(value === undefined ? {} : { 'retry-after': value }) });
      },
    });
    arrivedOnce(lines);
    assert.deepEqual(connection.waited.slice(1, 4), [0.01, 0.05, 0.05]);
  });

  it('asks less often the longer the export takes', async () => {
    let left = 8;
    const { connection } = await run({ status: (_, response) => (left-- > 0 ? send(response, 202, { 'retry-after': '0' }) : undefined) });
    assert.deepEqual(connection.waited.slice(1), [...Array.from({ length: 5 }, () => 0.001), 0.04, 0.04, 0.04]);
  });

  for (const status of [429, 503])
    for (const [name, retryAfter] of [
      ['seconds', () => '0.02'],
      ['a date', () => new Date(Date.now() + 60_000).toUTCString()],
    ] as const)
      it(`waits and asks again after ${status} with Retry-After in ${name}, at kick-off, status, download and deletion`, async () => {
        const busy = () => once((response: ServerResponse) => send(response, status, { 'retry-after': retryAfter() }));
        const [kickOff, state, file, remove] = [busy(), busy(), busy(), busy()];
        const { connection, lines, exported } = await run({
          kickOff: (_, response) => void kickOff(response),
          status: (_, response) => void state(response),
          file: (_name, _request, response) => file(response),
          remove: (_, response) => void (remove(response) || send(response, 202)),
        });
        arrivedOnce(lines);
        assert.equal(complete(exported).report.removed, 'removed');
        const expected = name === 'seconds' ? 0.02 : 0.05;
        assert.equal(connection.waited.filter((seconds) => seconds === expected).length, 4, String(connection.waited));
      });

  it('goes on by Range where a connection broke half-way', async () => {
    const breaks = once((response: ServerResponse) => sendHalf('observation-1', response, { etag: '"observation-1"' }));
    const { lines, server } = await run({ file: (name, _, response) => name === 'observation-1' && breaks(response) });
    arrivedOnce(lines);
    const [, again] = asksFor(server.seen, 'observation-1');
    const half = Math.floor(Buffer.byteLength(textOf('observation-1')) / 2) + 7;
    assert.equal(again!.headers.range, `bytes=${half}-`);
    assert.equal(again!.headers['if-range'], '"observation-1"');
  });

  it('downloads again and drops what it has where the server knows no Range', async () => {
    const breaks = once((response: ServerResponse) => sendHalf('observation-1', response));
    const { lines } = await run({
      file: (name, request, response) => {
        if (name !== 'observation-1') return false;
        if (!breaks(response)) sendFile(name, { ...request, headers: { accept: NDJSON } }, response);
        return true;
      },
    });
    arrivedOnce(lines);
  });

  it('does not believe a range that begins elsewhere', async () => {
    const breaks = once((response: ServerResponse) => sendHalf('observation-1', response));
    const { lines } = await run({
      file: (name, { headers }, response) => {
        if (name !== 'observation-1') return false;
        if (breaks(response)) return true;
        if (headers.range === undefined) return false;
        const content = Buffer.from(textOf(name)).subarray(100);
        send(response, 206, { 'content-type': NDJSON, 'content-range': `bytes 100-${content.length + 99}/${content.length + 100}` }, content);
        return true;
      },
    });
    arrivedOnce(lines);
  });

  it('refuses a file that changed between two halves', async () => {
    const breaks = once((response: ServerResponse) => sendHalf('observation-1', response, { etag: '"old"' }));
    const { exported } = await run({ file: (name, _, response) => name === 'observation-1' && breaks(response) });
    refusedWith(exported, /^file 2 changed while it was downloaded$/);
  });

  it('reads files that come compressed, also again from the start', async () => {
    let calls = 0;
    const { lines } = await run({
      file: (name, _, response) => {
        if (!name.startsWith('observation')) return false;
        const content = gzipSync(textOf(name));
        const coding: Record<string, string> = name === 'observation-2' ? { 'content-type': 'application/gzip' } : { 'content-type': NDJSON, 'content-encoding': 'gzip' };
        response.writeHead(200, { ...coding, 'content-length': String(content.length) });
        if (name === 'observation-1' && calls++ === 0) response.write(content.subarray(0, content.length - 200), () => setTimeout(() => response.destroy(), 5));
        else response.end(content);
        return true;
      },
    });
    arrivedOnce(lines);
  });

  it('gives up where a file never comes, and says which', async () => {
    const { exported, server } = await run({ file: (name, _, response) => name === 'observation-2' && cut(response) });
    refusedWith(exported, /^file 3 could not be downloaded: 7 attempts in a row brought nothing$/);
    assert.equal(asksFor(server.seen, 'observation-2').length, 7);
  });

  for (const status of [403, 404, 410])
    it(`asks for new links where one has expired (${status}), and keeps what is stored`, async () => {
      let renewed = false;
      const { lines, server } = await run({
        manifest: (manifest, base) => {
          const fresh = JSON.parse(JSON.stringify(manifest).replaceAll(/(\/files\/[a-z0-9-]+)/g, renewed ? '$1?signature=2' : '$1?signature=1')) as Record<string, unknown>;
          return { ...fresh, request: base };
        },
        file: (name, { path }, response) => {
          if (name !== 'observation-2' || path.endsWith('=2')) return false;
          renewed = true;
          send(response, status);
          return true;
        },
      });
      arrivedOnce(lines);
      assert.equal(asksFor(server.seen, 'patient-1').length, 1);
      assert.equal(server.seen.filter(({ path }) => path.includes('$export')).length, 1);
    });

  it('starts the export anew where the server has forgotten it, and mixes no two exports', async () => {
    let exports = 0;
    let forgotten = false;
    const { lines, server, exported } = await run({
      kickOff: () => {
        exports += 1;
      },
      status: (_, response) => {
        if (exports === 1 && forgotten) send(response, 404);
      },
      manifest: (manifest) => ({ ...manifest, transactionTime: `2026-11-21T0${exports}:00:00Z` }),
      file: (name, _, response) => {
        if (exports > 1 || name !== 'observation-2') return false;
        forgotten = true;
        send(response, 404);
        return true;
      },
    });
    arrivedOnce(lines);
    assert.equal(complete(exported).transactionTime, '2026-11-21T02:00:00Z');
    assert.equal(server.seen.filter(({ path }) => path.includes('$export')).length, 2);
  });

  it('ends where links are never valid', async () => {
    const { exported } = await run({ file: (_name, _request, response) => sent(response, 404) });
    refusedWith(exported, /^the links of its files were not valid 4 times$/);
  });

  it('reports files that hold another number of resources than declared, and takes what is there', async () => {
    const { exported, lines } = await run({
      manifest: (manifest) => ({
        ...manifest,
        output: (manifest['output'] as { url: string; count: number }[]).map((file, index) => ({ ...file, count: file.count + (index === 1 ? 3 : 0) })),
      }),
    });
    arrivedOnce(lines);
    assert.deepEqual(complete(exported).report.mismatches, [{ file: 1, type: 'Observation', declared: 703, received: 700 }]);
  });

  it('takes 404 on deletion for deleted', async () => {
    assert.equal(complete((await run({ remove: (_, response) => send(response, 404) })).exported).report.removed, 'gone');
    assert.equal(complete((await run({ remove: (_, response) => send(response, 405) })).exported).report.removed, 'not-allowed');
  });

  it('reads counts, `deleted` and `error` as optional, relative links, a file named twice, and pages of a manifest', async () => {
    const { lines } = await run({
      manifest: (manifest, base) => {
        const [patients, ...others] = manifest['output'] as { type: string; url: string }[];
        const strip = ({ type, url }: { type: string; url: string }) => ({ type, url: url.slice(base.length) });
        return {
          transactionTime: manifest['transactionTime'],
          requiresAccessToken: false,
          output: [strip(patients!), patients!, ...others.map(strip)],
          outcome: manifest['error'],
        };
      },
    });
    assert.deepEqual(
      lines,
      Object.values(FILES).flatMap(({ kind, lines: expected }) => (kind === 'deleted' ? [] : expected)),
    );
    let pages = 0;
    const paged = await run({
      manifest: (manifest, base) => {
        const [first, ...rest] = manifest['output'] as unknown[];
        return pages++ > 0 ? { ...manifest, output: rest } : { ...manifest, output: [first], deleted: [], error: [], link: [{ relation: 'next', url: `${base}/status/1?page=2` }] };
      },
    });
    arrivedOnce(paged.lines);
  });

  it('refuses what is no manifest, an error of the server and a file that is a page, in one line without the server’s words', async () => {
    refusedWith((await run({ manifest: () => ({ output: 'Mrs Doe' }) })).exported, /^the manifest does not read as one of the Bulk Data Access IG: transactionTime, output$/);
    const outcome = JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'exception', diagnostics: 'Mrs Doe' }] });
    refusedWith((await run({ status: (_, response) => send(response, 500, {}, outcome) })).exported, /^the server ended the export \(HTTP 500, exception\)$/);
    refusedWith((await run({ kickOff: (_, response) => send(response, 404, {}, outcome) })).exported, /^the server refused the export \(HTTP 404, exception\)$/);
    refusedWith((await run({ kickOff: (_, response) => send(response, 202) })).exported, /Content-Location/);
    refusedWith(
      (await run({ file: (_name, _request, response) => sent(response, 200, { 'content-type': 'text/html' }, '<p>sign in</p>') })).exported,
      /text\/html, allowed: application\/fhir\+ndjson/,
    );
  });

  it('tries again after an error that the server calls transient', async () => {
    const outcome = JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'transient' }] });
    const fails = once((response: ServerResponse) => send(response, 500, {}, outcome));
    arrivedOnce((await run({ status: (_, response) => void fails(response) })).lines);
  });

  it('ends where the server is never able to answer', async () => {
    refusedWith(
      (await run({ status: (_, response) => send(response, 503) })).exported,
      /^the export could not be asked for its status: the server was not able to answer 7 times in a row$/,
    );
  });

  it('puts many small files into few parts, and cuts a large one at line ends', async () => {
    const few = await run({}, { limits: { mostBatches: 4 } });
    arrivedOnce(few.lines);
    assert.equal(complete(few.exported).pieces.length, 4);
    const small = await run({}, { limits: { pieceBytes: 5000 } });
    arrivedOnce(small.lines);
    const { pieces } = complete(small.exported);
    assert.ok(pieces.length > 6, String(pieces.length));
    for (const { name, bytes } of pieces) if (bytes > 0) assert.equal(small.kept.objects.get(name)!.content.at(-1), 10);
  });

  it('ends a last line that has no end', async () => {
    const { lines } = await run(
      { file: (name, _, response) => name === 'patient-1' && sent(response, 200, { 'content-type': NDJSON }, textOf(name).trimEnd()) },
      { limits: { mostBatches: 4 } },
    );
    arrivedOnce(lines);
  });
});

describe('an access token', () => {
  const authorization: Connection['authorization'] = async () => 'Bearer secret-1';
  const needsToken =
    (token = 'Bearer secret-1'): Answer =>
    ({ headers }, response) => {
      if (headers.authorization !== token) send(response, 401);
    };

  it('is sent with every request where the manifest asks for it', async () => {
    const check = needsToken();
    const { lines, server } = await run(
      {
        kickOff: check,
        status: check,
        manifest: (manifest) => ({ ...manifest, requiresAccessToken: true }),
        file: (_name, request, response) => answered(check, request, response),
      },
      { authorization },
    );
    arrivedOnce(lines);
    assert.ok(server.seen.every(({ headers }) => headers.authorization === 'Bearer secret-1'));
  });

  it('is spared where the manifest says that none is needed', async () => {
    const { lines, server } = await run({}, { authorization });
    arrivedOnce(lines);
    assert.ok(server.seen.filter(({ path }) => path.startsWith('/files/')).every(({ headers }) => headers.authorization === undefined));
  });

  it('is sent after all where the server’s own files answer 401', async () => {
    const check = needsToken();
    const { lines } = await run({ file: (_name, request, response) => answered(check, request, response) }, { authorization });
    arrivedOnce(lines);
  });

  it('goes to no other origin: neither where the manifest asks for it, nor by a redirect', async () => {
    const store = await serve((request, response) => sendFile(request.path.replace(/^\/files\/([a-z0-9-]+).*$/, '$1'), request, response));
    after(store.stop);
    for (const requiresAccessToken of [true, false]) {
      const elsewhere = await run(
        { manifest: (manifest, base) => ({ ...JSON.parse(JSON.stringify(manifest).replaceAll(base, store.url)), requiresAccessToken }) },
        { authorization },
      );
      arrivedOnce(elsewhere.lines);
    }
    const redirected = await run(
      {
        manifest: (manifest) => ({ ...manifest, requiresAccessToken: true }),
        file: (name, _, response) => sent(response, 302, { location: `${store.url}/files/${name}` }),
      },
      { authorization },
    );
    arrivedOnce(redirected.lines);
    assert.ok(store.seen.length >= 18);
    assert.ok(store.seen.every(({ headers }) => headers.authorization === undefined));
  });

  it('is not missed where a manifest asks for one and the server has none', async () => {
    arrivedOnce((await run({ manifest: (manifest) => ({ ...manifest, requiresAccessToken: true }) })).lines);
  });

  it('is renewed where it was refused', async () => {
    let issued = 1;
    const tokens: Connection['authorization'] = async (renewed) => `Bearer secret-${renewed ? ++issued : issued}`;
    let valid = 'Bearer secret-1';
    const check: Answer = (request, response) => needsToken(valid)(request, response);
    const { lines } = await run(
      {
        kickOff: check,
        status: (request, response) => {
          valid = 'Bearer secret-2';
          return check(request, response);
        },
        manifest: (manifest) => ({ ...manifest, requiresAccessToken: true }),
        file: (name, request, response) => {
          if (name === 'observation-2') valid = 'Bearer secret-3';
          return answered(check, request, response);
        },
      },
      { authorization: tokens },
    );
    arrivedOnce(lines);
    assert.equal(issued, 3);
  });
});

describe('an export whose process dies', () => {
  it('goes on where it was, at whichever call it died, and downloads no stored file again', async () => {
    for (let at = 1; ; at++) {
      const server = await faulty({ status: once((_: Seen, response: ServerResponse) => send(response, 202)) as unknown as Answer });
      const kept = memory();
      let calls = 0;
      const dying = <A extends unknown[], R>(call: (...args: A) => Promise<R>): ((...args: A) => Promise<R>) => {
        return async (...args) => {
          if (++calls === at) throw new Error('killed before');
          const result = await call(...args);
          if (++calls === at) throw new Error('killed after');
          return result;
        };
      };
      const connection = connect(`${server.url}/fhir`, { limits: { pieceBytes: 30_000 } });
      const mortal: Connection = { ...connection, exchange: dying(connection.exchange) };
      const store = { ...kept.store, write: dying(kept.store.write), writeManifest: dying(kept.store.writeManifest) };
      const sink = {
        find: kept.sink.find,
        open: async (name: string) => {
          const writer = await kept.sink.open(name);
          return { write: dying(writer.write), close: dying(writer.close), abandon: writer.abandon };
        },
      };
      const first = await exportAll(mortal, store, sink).catch((error: Error) => error.message);
      if (typeof first !== 'string') {
        assert.ok(at > 40, `only ${at} calls were killed`);
        break;
      }
      const stored = new Map([...kept.objects].map(([name, { piece }]) => [name, piece]));
      const before = server.seen.length;
      const exported = complete(await exportAll(connection, kept.store, kept.sink));
      assert.deepEqual(kept.linesOf(exported.pieces), ALL, `killed at call ${at}`);
      const offsets = [...stored.values()].map(({ after: position }) => position);
      for (const { path, headers } of server.seen.slice(before).filter((request) => request.path.startsWith('/files/'))) {
        const file = Object.keys(FILES).indexOf(path.slice('/files/'.length));
        assert.ok(!offsets.some((position) => position.file > file), `${path} is stored and was asked for again after call ${at}`);
        const standing = Math.max(0, ...offsets.filter((position) => position.file === file).map(({ offset }) => offset));
        assert.equal(Number(/^bytes=(\d+)-$/.exec(headers.range ?? 'bytes=0-')?.[1]), standing, `${path} after call ${at}`);
      }
    }
  });
});
