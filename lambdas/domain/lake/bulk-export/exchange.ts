/**
 * One HTTP request and its answer; redirects are not followed. It throws `ConnectionBroken`, also while the body is read, and
 * `RequestRefused` where it may not be sent.
 */
export type Exchange = (request: HttpRequest) => Promise<HttpAnswer>;
export type HttpRequest = { method: 'GET' | 'POST' | 'DELETE'; url: string; headers: Record<string, string>; body?: string };
export type HttpAnswer = {
  status: number;
  /** names in lower case */
  headers: Record<string, string | undefined>;
  /** expanded where it came as gzip */
  body: AsyncIterable<Uint8Array>;
  /** whether it did, known once reading began: then the body's places are not those that a Range would name */
  wasCompressed: () => boolean;
  /** drops what was not read */
  discard: () => void;
};

/** The address may not be called, or the server does not sign the client in: one line that can be told. */
export class RequestRefused extends Error {}
export class ConnectionBroken extends Error {}

/** How a client waits, and when it gives up. */
export type Limits = {
  /** a `Retry-After` is followed up to this */
  longestWaitSeconds: number;
  shortestWaitSeconds: number;
  /** after so many polls, so long at least between two */
  patientAfterPolls: number;
  patientSeconds: number;
  /** transient answers and broken connections in a row */
  mostFailures: number;
  /** how often expired links are asked for anew */
  mostRenewals: number;
  /** how often an export that the server forgot is started anew */
  mostKickOffs: number;
  /** a stored piece ends with the first line that reaches this */
  pieceBytes: number;
  /** a longer line is no resource */
  lineBytes: number;
  /** the parts of one upload set */
  mostBatches: number;
};

/** What a step needs of the outside. */
export type Connection = {
  /** the FHIR server's base address */
  base: string;
  exchange: Exchange;
  /** the Authorization header's value; `renewed`: the former one was refused. Null where the server asks for none. */
  authorization: (renewed: boolean) => Promise<string | null>;
  limits: Limits;
  now: () => number;
  sleep: (seconds: number) => Promise<void>;
};

export const originOf = (url: string): string => new URL(url).origin;

/** Reads a small body; one beyond the limit counts as unreadable. */
export const readText = async (answer: HttpAnswer, mostBytes = 16 * 1024 * 1024): Promise<string | null> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.length;
    if (bytes > mostBytes) {
      answer.discard();
      return null;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

export const readJson = async (answer: HttpAnswer): Promise<unknown> => {
  const text = await readText(answer);
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
};
