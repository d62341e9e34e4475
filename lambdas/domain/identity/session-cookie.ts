/** Holds the access token of a browser's sign-in; no page's script can read it. */
const NAME = 'proband-session';

/** The token that a request's cookies hold. Payload format 2.0 lists the cookies; elsewhere they are one header. */
export const sessionTokenOf = ({ cookies, headers }: { cookies?: string[] | undefined; headers: Record<string, string | undefined> }): string | undefined =>
  (cookies ?? headers['cookie']?.split(';') ?? [])
    .map((cookie) => cookie.trim())
    .find((cookie) => cookie.startsWith(`${NAME}=`))
    ?.slice(NAME.length + 1) || undefined;

/**
 * Ends when the token does. Without a path of its own the cookie is for the folder that it is set from, `/mlflow`, below whatever the
 * API's address begins with.
 */
export const sessionCookie = (token: string, seconds: number, host: string | undefined): string =>
  `${NAME}=${token}; Max-Age=${Math.max(0, Math.floor(seconds))}; ${attributes(host)}`;

export const noSessionCookie = (host: string | undefined): string => `${NAME}=; Max-Age=0; ${attributes(host)}`;

const attributes = (host: string | undefined): string => `HttpOnly; SameSite=Strict${isLoopback(host) ? '' : '; Secure'}`;

/** The local cloud speaks plain HTTP, on this machine alone. */
const isLoopback = (host: string | undefined): boolean => /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? '');
