import { type Connection, originOf } from './exchange.ts';
import type { HttpAnswer, HttpRequest } from '../../outbound/exchange.ts';

const MOST_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** `spared`: the manifest says that no token is needed. `renewed`: the former token was refused. */
type TokenUse = 'sent' | 'renewed' | 'spared';

/**
 * Sends a request. The token goes to the FHIR server's own origin alone, whatever a manifest or a redirect asks for. Where the server's
 * own origin answers 401, it is asked once more, with a new token or with one after all.
 */
export const ask = async (connection: Connection, request: HttpRequest, use: 'sent' | 'spared' = 'sent'): Promise<HttpAnswer> => {
  const answer = await follow(connection, request, use);
  if (answer.status !== 401 || !isOwn(connection, request.url)) return answer;
  answer.discard();
  return follow(connection, request, use === 'sent' ? 'renewed' : 'sent');
};

const isOwn = ({ base }: Connection, url: string): boolean => originOf(withTls(url, base)) === originOf(base);

/** A server behind a proxy that ends TLS may name its own addresses without it: they are called with it. */
const withTls = (url: string, base: string): string => {
  const [named, own] = [new URL(url), new URL(base)];
  if (named.protocol !== 'http:' || own.protocol !== 'https:' || named.hostname !== own.hostname) return url;
  named.protocol = 'https:';
  named.port = own.port;
  return named.href;
};

const follow = async (connection: Connection, { headers, ...request }: HttpRequest, use: TokenUse): Promise<HttpAnswer> => {
  let { url, method } = request;
  for (let redirects = 0; ; redirects++) {
    url = withTls(url, connection.base);
    const token = use !== 'spared' && isOwn(connection, url) ? await connection.authorization(use === 'renewed' && redirects === 0) : null;
    const answer = await connection.exchange({ ...request, url, method, headers: { ...headers, ...(token === null ? {} : { authorization: token }) } });
    const { location } = answer.headers;
    if (!REDIRECTS.includes(answer.status) || location === undefined || redirects === MOST_REDIRECTS || !URL.canParse(location, url)) return answer;
    answer.discard();
    url = new URL(location, url).href;
    if (answer.status === 303) method = 'GET';
  }
};
