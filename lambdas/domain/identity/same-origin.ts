const SAFE = new Set(['GET', 'HEAD']);

/**
 * Whether a request that a cookie speaks for may have been made by a page of another origin. Browsers say where a request comes from in
 * Sec-Fetch-Site, older ones in Origin; one that changes something and says neither is taken for foreign.
 */
export const isForeign = (method: string, headers: Record<string, string | undefined>): boolean => {
  if (SAFE.has(method)) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin';
  const { origin, host } = headers;
  return !origin || !host || !URL.canParse(origin) || new URL(origin).host !== host;
};
