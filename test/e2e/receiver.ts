import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Received = { path: string; headers: IncomingHttpHeaders; body: string; answered: number };
export type Receiver = { url: (path: string) => string; received: Received[]; at: (path: string, count: number, seconds: number) => Promise<Received[]>; close: () => void };

/** A receiver of webhooks on this machine. Each path answers by the list of its statuses, the last one for ever. */
export const startReceiver = async (answers: Record<string, number[]>): Promise<Receiver> => {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const before = received.filter((one) => one.path === path).length;
    const statuses = answers[path] ?? [404];
    const answered = statuses[Math.min(before, statuses.length - 1)]!;
    received.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString('utf8'), answered });
    response.writeHead(answered, answered === 302 ? { location: '/behind-a-redirect' } : {}).end(`answered ${answered}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const at = async (path: string, count: number, seconds: number): Promise<Received[]> => {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 200))) {
      const there = received.filter((one) => one.path === path);
      if (there.length >= count) return there;
    }
    throw new Error(`${path} received ${received.filter((one) => one.path === path).length} of ${count} within ${seconds} s`);
  };
  return { url: (path) => `http://127.0.0.1:${port}${path}`, received, at, close: () => server.close() };
};
