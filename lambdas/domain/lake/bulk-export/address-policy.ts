import { isLoopback, type Reach, refusalOfAddress } from '../../outbound/address.ts';

/** Which addresses this environment may call. */
export type AddressPolicy = Reach & {
  /** origins of FHIR servers */
  servers: readonly string[];
};

/** Why a FHIR server may not be exported from, or null. */
export const refusalOfServer = (server: string, policy: AddressPolicy): string | null => {
  const url = new URL(server);
  if (url.username || url.password || url.search || url.hash) return 'server: the address holds more than origin and path; credentials are kept by `proband data fhir-server add`';
  if (policy.loopback && isLoopback(url)) return null;
  if (policy.servers.includes(url.origin)) return refusalOfAddress(url, policy);
  const allowed = [...policy.servers, ...(policy.loopback ? ['http://127.0.0.1'] : [])].join(', ') || 'none in this environment';
  return `server: ${url.origin} is not one of this environment’s FHIR servers (fhirServers); allowed: ${allowed}`;
};
