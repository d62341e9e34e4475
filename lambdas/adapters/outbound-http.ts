import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { type IncomingMessage, type RequestOptions, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, type LookupFunction, isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { isLoopback, type Reach, refusalOfAddress } from '../domain/outbound/address.ts';
import { RequestRefused, ConnectionBroken, type Exchange, type HttpAnswer } from '../domain/outbound/exchange.ts';

/** A connection that is silent for so long is broken. */
const IDLE_MILLISECONDS = 60_000;

/** IANA's special-purpose registries (RFC 6890): what is not globally reachable, and what wraps another address. */
const NOT_PUBLIC = new BlockList();
for (const subnet of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]) {
  const [net, prefix] = subnet.split('/') as [string, string];
  NOT_PUBLIC.addSubnet(net, Number(prefix), 'ipv4');
}
const GLOBAL_UNICAST = new BlockList();
GLOBAL_UNICAST.addSubnet('2000::', 3, 'ipv6');
for (const [net, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  NOT_PUBLIC.addSubnet(net, prefix, 'ipv6');

/** Whether an IP address is one of the public internet. */
export const isPublic = (address: string): boolean =>
  isIP(address) === 4 ? !NOT_PUBLIC.check(address, 'ipv4') : isIP(address) === 6 && GLOBAL_UNICAST.check(address, 'ipv6') && !NOT_PUBLIC.check(address, 'ipv6');

type Resolver = (hostname: string, options: LookupAllOptions, callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void;

/** Looks a name up once and connects only where every address of it is public: a name that changes its mind gains nothing. */
const publicLookup =
  (resolve: Resolver): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => isPublic(address)))
        return callback(new RequestRefused(`${hostname} is not called: it leads to an address that is not public`), '', 0);
      if (options.all) (callback as unknown as (error: null, addresses: LookupAddress[]) => void)(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

/** HTTP of Node itself: no redirects, no pooled connections, addresses checked when they are connected to. */
export const httpExchange =
  (reach: Reach, idleMilliseconds = IDLE_MILLISECONDS, resolve: Resolver = lookup): Exchange =>
  ({ method, url: address, headers, body, signal }) =>
    new Promise((answer, reject) => {
      const url = new URL(address);
      const own = reach.loopback && isLoopback(url);
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const refusal = refusalOfAddress(url, reach) ?? (!own && isIP(host) !== 0 && !isPublic(host) ? `${url.origin} is not called: the address is not public` : null);
      if (refusal !== null) return reject(new RequestRefused(refusal));
      const options: RequestOptions = {
        method,
        agent: false,
        timeout: idleMilliseconds,
        headers: { 'user-agent': 'proband', ...headers, ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }) },
        ...(own ? {} : { lookup: publicLookup(resolve) }),
        ...(signal ? { signal } : {}),
      };
      const sent = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, (message) => answer(answerOf(message)));
      sent.on('timeout', () => sent.destroy(new ConnectionBroken('the connection was silent')));
      sent.on('error', (error) => reject(known(error)));
      sent.end(body);
    });

/** The network's messages may quote an address with a signature in it: only the code is kept. */
const known = (error: unknown): Error =>
  error instanceof RequestRefused || error instanceof ConnectionBroken ? error : new ConnectionBroken(String((error as NodeJS.ErrnoException).code ?? 'the connection broke'));

const answerOf = (message: IncomingMessage): HttpAnswer => {
  let compressed = false;
  const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
  return {
    status: message.statusCode ?? 0,
    headers,
    body: expanded(message, () => {
      compressed = true;
    }),
    wasCompressed: () => compressed,
    discard: () => {
      message.on('error', () => undefined);
      message.destroy();
    },
  };
};

/** The bytes, expanded where they are gzip, as content coding or as the file itself (RFC 1952, 2.3.1). */
async function* expanded(message: IncomingMessage, found: () => void): AsyncGenerator<Uint8Array> {
  let source: Readable = message;
  try {
    const first = await firstChunk(message);
    if (first === null) return;
    if (first[0] === 0x1f && first[1] === 0x8b) {
      found();
      message.unshift(first);
      const gunzip = createGunzip();
      message.on('error', (error) => gunzip.destroy(error));
      source = message.pipe(gunzip);
    } else {
      yield first;
    }
    for await (const chunk of source as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    throw known(error);
  } finally {
    source.destroy();
    message.destroy();
  }
}

/** Waits for bytes without ending the stream. */
const firstChunk = async (message: IncomingMessage): Promise<Buffer | null> => {
  for (;;) {
    const chunk = message.read() as Buffer | null;
    if (chunk !== null && chunk.length > 0) return chunk;
    if (message.readableEnded) return null;
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error) => {
        message.off('readable', readable).off('end', end).off('error', settle).off('close', close);
        if (error) reject(error);
        else resolve();
      };
      const readable = () => settle();
      const end = () => settle();
      const close = () => settle(message.readableEnded ? undefined : new ConnectionBroken('the connection broke'));
      message.on('readable', readable).on('end', end).on('error', settle).on('close', close);
    });
  }
};
