import * as z from 'zod';

/** Of `[base]/.well-known/smart-configuration` (SMART App Launch 2.2, conformance). */
export const SmartConfiguration = z.object({
  token_endpoint: z.url({ protocol: /^https?$/ }),
  token_endpoint_auth_signing_alg_values_supported: z.array(z.string()).nullish(),
  scopes_supported: z.array(z.string()).nullish(),
  capabilities: z.array(z.string()).nullish(),
});
export type SmartConfiguration = z.infer<typeof SmartConfiguration>;

export const smartConfigurationUrl = (base: string): string => new URL('.well-known/smart-configuration', base.endsWith('/') ? base : `${base}/`).href;

/** The two algorithms of SMART's asymmetric authentication. */
export const ALGORITHMS = ['ES384', 'RS384'] as const;

const V2 = 'system/*.rs';
const V1 = 'system/*.read';

/** The scopes to ask for, the likelier first: v2 unless the server tells of v1 alone. */
export const scopesFor = ({ capabilities, scopes_supported: scopes }: SmartConfiguration): string[] => {
  const knowsV2 = capabilities?.includes('permission-v2') || scopes?.some((scope) => /^system\/\*\.c?ru?d?s$/.test(scope));
  const knowsV1 = capabilities?.includes('permission-v1') || scopes?.some((scope) => /^system\/\*\.(read|\*)$/.test(scope));
  return knowsV1 && !knowsV2 ? [V1, V2] : [V2, V1];
};

/** OAuth 2.0's answer. SMART recommends a life of five minutes, which stands for one that is not told. */
export const TokenAnswer = z.object({ access_token: z.string().min(1), token_type: z.string().regex(/^bearer$/i), expires_in: z.coerce.number().min(0).default(300) });
export const TokenError = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) });

/** The assertion's life in seconds: at most five minutes by SMART, less for clocks that differ. */
export const ASSERTION_SECONDS = 240;
/** A token is renewed this long before it ends. */
export const RENEW_BEFORE_SECONDS = 20;

/** Seconds that a server's clock goes before ours, by its answer's `Date`; 0 where an assertion's life bears the difference, or none is told. */
export const skewOf = (date: string | undefined, now: number): number => {
  const skew = Math.round((Date.parse(date ?? '') - now) / 1000);
  return Math.abs(skew) > LONGEST_SKEW_SECONDS ? skew : 0;
};
const LONGEST_SKEW_SECONDS = 20;

export const assertionClaims = (clientId: string, tokenEndpoint: string, jti: string, nowSeconds: number): Record<string, string | number> => ({
  iss: clientId,
  sub: clientId,
  aud: tokenEndpoint,
  jti,
  iat: nowSeconds,
  exp: nowSeconds + ASSERTION_SECONDS,
});

export const tokenRequest = (assertion: string, scope: string): string =>
  new URLSearchParams({
    grant_type: 'client_credentials',
    scope,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  }).toString();
