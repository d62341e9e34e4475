import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { httpExchange } from '../../lambdas/adapters/outbound-http.ts';
import type { Connection, Limits } from '../../lambdas/domain/lake/bulk-export/exchange.ts';
import type { Manifest } from '../../lambdas/domain/lake/bulk-export/manifest.ts';
import type { Position, Sink, StoredPiece } from '../../lambdas/domain/lake/bulk-export/piece.ts';
import { type Progress, type ProgressStore, newProgress } from '../../lambdas/domain/lake/bulk-export/steps.ts';
import type { Asked } from '../../lambdas/domain/lake/bulk-export/kick-off.ts';
import { sha256 } from '../../lambdas/domain/canonical-json.ts';

export type Seen = { method: string; path: string; headers: IncomingMessage['headers']; body: string };
export type Answer = (request: Seen, response: ServerResponse) => void | Promise<void>;

/** An HTTP server on a free port of 127.0.0.1 that answers by path, and remembers what it was asked. */
export const serve = async (answer: Answer): Promise<{ url: string; seen: Seen[]; stop: () => Promise<void> }> => {
  const seen: Seen[] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const told = { method: request.method!, path: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
    seen.push(told);
    await answer(told, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

export const LIMITS: Limits = {
  longestWaitSeconds: 0.05,
  shortestWaitSeconds: 0.001,
  patientAfterPolls: 5,
  patientSeconds: 0.04,
  mostFailures: 6,
  mostRenewals: 3,
  mostKickOffs: 3,
  pieceBytes: 1 << 20,
  lineBytes: 1 << 20,
  mostBatches: 400,
};

/** A connection to a server of this machine; it remembers how long it was told to wait. */
export const connect = (base: string, options: { authorization?: Connection['authorization']; limits?: Partial<Limits> } = {}): Connection & { waited: number[] } => {
  const waited: number[] = [];
  return {
    base,
    exchange: httpExchange({ loopback: true }, 2000),
    authorization: options.authorization ?? (async () => null),
    limits: { ...LIMITS, ...options.limits },
    now: Date.now,
    sleep: async (seconds) => {
      waited.push(seconds);
      await sleep(seconds * 1000);
    },
    waited,
  };
};

/** Store and sink of a process that may die: what was written stays. */
export const memory = (asked: Asked = { level: 'system' }) => {
  let progress: Progress = newProgress(asked);
  const manifests = new Map<number, Manifest>();
  const objects = new Map<string, { piece: StoredPiece; content: Buffer }>();
  const store: ProgressStore = {
    read: async () => structuredClone(progress),
    write: async (next) => {
      progress = structuredClone(next);
    },
    readManifest: async (generation) => structuredClone(manifests.get(generation) ?? null),
    writeManifest: async (generation, manifest) => {
      manifests.set(generation, structuredClone(manifest));
    },
  };
  const sink: Sink = {
    find: async (name) => objects.get(name)?.piece ?? null,
    open: async (name) => {
      const chunks: Buffer[] = [];
      return {
        write: async (chunk) => {
          chunks.push(Buffer.from(chunk));
        },
        close: async (after: Position) => {
          const content = Buffer.concat(chunks);
          const piece = { name, sha256: sha256(content), bytes: content.length, after: structuredClone(after) };
          objects.set(name, { piece, content });
          return piece;
        },
        abandon: async () => undefined,
      };
    },
  };
  const linesOf = (pieces: readonly StoredPiece[]): string[] =>
    pieces.flatMap(({ name }) =>
      objects
        .get(name)!
        .content.toString('utf8')
        .split('\n')
        .filter((line) => line !== ''),
    );
  return { store, sink, linesOf, objects };
};
