const LINE_FEED = 10;
/** A resource of a line has at most so many bytes. */
export const LONGEST_LINE_BYTES = 16 * 1024 * 1024;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A line's text; null for one that is longer than allowed or not UTF-8. */
export const lineText = (bytes: Uint8Array): string | null => {
  if (bytes.length > LONGEST_LINE_BYTES) return null;
  try {
    const text = decoder.decode(bytes);
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  } catch {
    return null;
  }
};

/** Lines of UTF-8 bytes; null for one that is longer than allowed or not UTF-8: its bytes are passed over. */
export async function* limitedLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string | null> {
  let pending: Uint8Array[] = [];
  let size = 0;
  const whole = (): string | null => {
    const bytes = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
    const tooLong = size > LONGEST_LINE_BYTES;
    pending = [];
    size = 0;
    return tooLong ? null : lineText(bytes);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      size += end - from;
      if (size <= LONGEST_LINE_BYTES) pending.push(chunk.subarray(from, end));
      yield whole();
      from = end + 1;
    }
    size += chunk.length - from;
    if (size <= LONGEST_LINE_BYTES && from < chunk.length) pending.push(chunk.slice(from));
  }
  if (size > 0) yield whole();
}
