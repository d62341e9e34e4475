/** Which addresses this environment may call. */
export type AddressPolicy = {
  /** origins of FHIR servers */
  servers: readonly string[];
  /** this machine's own servers as well, also without TLS: for the local cloud alone */
  loopback: boolean;
};

const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/;
export const isLoopback = (url: URL): boolean => LOOPBACK.test(url.hostname);

/** Why a FHIR server may not be exported from, or null. */
export const refusalOfServer = (server: string, policy: AddressPolicy): string | null => {
  const url = new URL(server);
  if (url.username || url.password || url.search || url.hash) return 'server: the address holds more than origin and path; credentials are kept by `proband data fhir-server add`';
  if (policy.loopback && isLoopback(url)) return null;
  if (policy.servers.includes(url.origin)) return refusalOfAddress(url, policy);
  const allowed = [...policy.servers, ...(policy.loopback ? ['http://127.0.0.1'] : [])].join(', ') || 'none in this environment';
  return `server: ${url.origin} is not one of this environment’s FHIR servers (fhirServers); allowed: ${allowed}`;
};

/** Why an address that a server names may not be called, or null. Where its name leads to is seen at the connection. */
export const refusalOfAddress = (url: URL, { loopback }: AddressPolicy): string | null => {
  if (loopback && isLoopback(url)) return null;
  if (url.protocol !== 'https:') return `${url.origin} is not called: allowed is https`;
  return null;
};
