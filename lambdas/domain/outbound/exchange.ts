/**
 * One HTTP request and its answer; redirects are not followed. It throws `ConnectionBroken`, also while the body is read, and
 * `RequestRefused` where it may not be sent.
 */
export type Exchange = (request: HttpRequest) => Promise<HttpAnswer>;
export type HttpRequest = {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** ends the whole exchange, the reading of its answer included */
  signal?: AbortSignal;
};
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
