/** Walks through a stream of bytes that come in chunks of any size; holds no more than was asked for and one chunk. */
export class ByteCursor {
  /** the bytes at hand, not yet consumed */
  ready: Buffer = Buffer.alloc(0);
  /** how many bytes were consumed */
  position = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Waits until so many bytes are at hand; false: the stream ends before. */
  async holds(bytes: number): Promise<boolean> {
    if (this.ready.length >= bytes) return true;
    const held = [this.ready];
    let length = this.ready.length;
    let ended = false;
    while (length < bytes && !ended) {
      const next = await this.#chunks.next();
      if (next.done) ended = true;
      else {
        held.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length));
        length += next.value.length;
      }
    }
    this.ready = held.length === 2 && held[0]!.length === 0 ? held[1]! : Buffer.concat(held);
    return !ended;
  }

  consume(bytes: number): Buffer {
    const taken = this.ready.subarray(0, bytes);
    this.ready = this.ready.subarray(bytes);
    this.position += bytes;
    return taken;
  }

  /** So many bytes, or null where the stream ends before. */
  async take(bytes: number): Promise<Buffer | null> {
    return (await this.holds(bytes)) ? this.consume(bytes) : null;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.(undefined);
  }
}
