import { type Outcome, done } from '../../../contracts/outcome.ts';
import { isLoopback, type Reach } from '../../outbound/address.ts';
import { quoted } from '../../tracking/names.ts';
import { invalid } from '../refusals.ts';

/** How a receiver's address is judged: this environment's reach, and what tells a public IP address from others. */
export type AddressRules = Reach & { isPublic: (ip: string) => boolean };

const PARTS = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?/i;
/** RFC 6761, 6.3: these names mean this machine */
const LOCALHOST = /^(?:.+\.)?localhost\.?$/;

/**
 * Whether a webhook may have that address, in MLflow's words. A name is not looked up here, only an address that stands in the URL is
 * judged: where a name leads is seen at each connection.
 */
export const judgeAddress = (url: string, { loopback, isPublic }: AddressRules): Outcome<null> => {
  if (url.trim() === '') return invalid(`Webhook URL cannot be empty or just whitespace: ${quoted(url)}`);
  const [, scheme = '', authority] = PARTS.exec(url)!;
  if (authority !== undefined && authority.includes('[') !== authority.includes(']')) return invalid(`Invalid webhook URL ${quoted(url)}: ValueError('Invalid IPv6 URL')`);
  const schemes = loopback ? ['https', 'http'] : ['https'];
  if (!schemes.includes(scheme.toLowerCase())) return invalid(`Invalid webhook URL scheme: ${quoted(scheme.toLowerCase())}. Allowed schemes are: ${schemes.join(', ')}.`);
  if (!authority) return invalid(`Webhook URL must include a hostname: ${quoted(url)}`);
  if (!URL.canParse(url)) return invalid(`Invalid webhook URL ${quoted(url)}: it cannot be read as a URL`);
  const read = new URL(url);
  if (read.username || read.password) return invalid('Webhook URL must not hold credentials: whoever may list webhooks sees it. Deliveries are signed with the secret.');
  if (loopback && isLoopback(read)) return done(null);
  if (read.protocol === 'http:') return invalid(`Webhook URL scheme 'http' is for receivers on this machine: ${quoted(url)}`);
  const host = read.hostname.replace(/^\[|\]$/g, '');
  const ip = LOCALHOST.test(host) ? '127.0.0.1' : IP.test(host) ? host : undefined;
  if (ip !== undefined && !isPublic(ip)) return invalid(`Webhook URL must not resolve to a non-public IP address. ${quoted(host)} resolves to ${ip}.`);
  return done(null);
};

/** After the URL standard's parsing an IPv4 address is four decimal numbers, however it was spelled, and only an IPv6 address has a colon. */
const IP = /^\d{1,3}(?:\.\d{1,3}){3}$|:/;
