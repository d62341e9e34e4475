/** A client of MLflow's REST protocol: a stock server's, or a project's here. https://mlflow.org/docs/3.12.0/rest-api.html */

export type Query = Record<string, string | number | undefined>;
export type Mlflow = {
  /** without trailing slash and credentials */
  address: string;
  /** `path` below the server's address; the JSON answer */
  get: <T>(path: string, query?: Query) => Promise<T>;
  /** a write; `once`: not sent again after an answer that leaves open whether it was done */
  send: <T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: object, options?: { once?: boolean }) => Promise<T>;
  put: (path: string, body: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** a file, wherever the server says that it lies */
  download: (path: string, query?: Query) => Promise<Response>;
};

export const API = 'api/2.0/mlflow';
export const ARTIFACTS = 'api/2.0/mlflow-artifacts';

/** An answer other than 2xx; `code` is MLflow's error code, or the status where there is none. */
export class MlflowRefusal extends Error {
  readonly code: string;
  readonly status: number;
  constructor(status: number, code: string, message: string) {
    super(`${code}: ${message}`);
    this.name = 'MlflowRefusal';
    this.status = status;
    this.code = code;
  }
}

const ATTEMPTS = 6;
const LONGEST_WAIT_MS = 30_000;
/** a search over a large experiment takes its time, milliseconds */
const PATIENCE_MS = 300_000;
const wait = (attempt: number, retryAfter: string | null): Promise<void> => {
  const asked = retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : 0;
  return new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_WAIT_MS, Math.max(asked, 250 * 2 ** attempt * (0.5 + Math.random())))));
};

export const refusalOf = async (response: Response): Promise<MlflowRefusal> => {
  const text = await response.text();
  try {
    const { error_code, message, detail } = JSON.parse(text) as { error_code?: string; message?: string; detail?: string };
    return new MlflowRefusal(response.status, error_code ?? `HTTP ${response.status}`, message ?? detail ?? 'no reason given');
  } catch {
    return new MlflowRefusal(response.status, `HTTP ${response.status}`, text.replace(/\s+/g, ' ').slice(0, 200) || 'no reason given');
  }
};

/** Sends until it is answered: again after 429, and, unless it may be done `once` only, after a fault or a broken connection. */
export const persistently = async (attempt: () => Promise<Response>, once = false): Promise<Response> => {
  for (let count = 0; ; count++) {
    const last = count === ATTEMPTS - 1;
    let answer: Response;
    try {
      answer = await attempt();
    } catch (error) {
      if (once || last) throw error;
      await wait(count, null);
      continue;
    }
    const passing = answer.status === 429 || (!once && answer.status >= 500);
    if (!passing || last) return answer;
    await answer.body?.cancel();
    await wait(count, answer.headers.get('retry-after'));
  }
};

export const mlflowAt = (url: string, authorization: () => string | undefined): Mlflow => {
  const address = url.replace(/\/+$/, '');
  const urlOf = (path: string, query: Query = {}) => {
    const members = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
    return `${address}/${path}${members.length > 0 ? `?${new URLSearchParams(members)}` : ''}`;
  };
  const headers = (): Record<string, string> => {
    const value = authorization();
    return { 'user-agent': 'proband', ...(value ? { authorization: value } : {}) };
  };
  const request = async (target: string, init: RequestInit, once = false): Promise<Response> => {
    const answer = await persistently(() => fetch(target, { ...init, headers: { ...headers(), ...init.headers }, signal: AbortSignal.timeout(PATIENCE_MS) }), once);
    if (answer.status >= 400) throw await refusalOf(answer);
    return answer;
  };
  const json = async <T>(answer: Response): Promise<T> => {
    const text = await answer.text();
    try {
      return JSON.parse(text || '{}') as T;
    } catch {
      throw new MlflowRefusal(answer.status, 'NO_JSON', `${address} did not answer as an MLflow server does`);
    }
  };
  return {
    address,
    get: async (path, query) => json(await request(urlOf(path, query), {})),
    send: async (method, path, body, { once = false } = {}) =>
      json(await request(urlOf(path), { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }, once)),
    put: async (path, body) => void (await (await request(urlOf(path), { method: 'PUT', body })).arrayBuffer()),
    download: async (path, query) => {
      const answer = await request(urlOf(path, query), { redirect: 'manual' });
      const location = answer.headers.get('location');
      if (answer.status < 300 || !location) return answer;
      // a presigned address carries its own authority, and this server's token is not for it
      const elsewhere = await persistently(() => fetch(new URL(location, urlOf(path))));
      if (!elsewhere.ok) throw await refusalOf(elsewhere);
      return elsewhere;
    },
  };
};
