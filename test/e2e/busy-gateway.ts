import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The answer of an HTTP API whose throttling limit is reached (Amazon API Gateway Developer Guide, "Throttle requests to your HTTP APIs"). */
const TOO_MANY = { status: 429, body: '{"message":"Too Many Requests"}' };

export type BusyGateway = { url: string; refused: () => number; close: () => void };

/** Hands calls on to the API, each path's first `refusals` refused as API Gateway refuses above its limit: the local cloud knows no limit. */
export const startBusyGateway = async (apiUrl: string, refusals: number): Promise<BusyGateway> => {
  const seen = new Map<string, number>();
  let refused = 0;
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const path = request.url ?? '/';
    const count = (seen.get(path) ?? 0) + 1;
    seen.set(path, count);
    if (count <= refusals) {
      refused++;
      return void response.writeHead(TOO_MANY.status, { 'content-type': 'application/json' }).end(TOO_MANY.body);
    }
    const { authorization = '', 'content-type': type } = request.headers;
    const answer = await fetch(`${apiUrl}${path}`, {
      method: request.method!,
      headers: { authorization, ...(type ? { 'content-type': type } : {}) },
      ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' }).end(Buffer.from(await answer.arrayBuffer()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, refused: () => refused, close: () => void server.close() };
};
