/** How far this environment's calls reach. */
export type Reach = {
  /** this machine's own servers as well, also without TLS: for the local cloud alone */
  loopback: boolean;
};

const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/;
export const isLoopback = (url: URL): boolean => LOOPBACK.test(url.hostname);

/** Why an address may not be called, or null. Where its name leads to is seen at the connection. */
export const refusalOfAddress = (url: URL, { loopback }: Reach): string | null => {
  if (loopback && isLoopback(url)) return null;
  if (url.protocol !== 'https:') return `${url.origin} is not called: allowed is https`;
  return null;
};
