const LINE_FEED = 10;

/**
 * Where the lines of a file of NDJSON begin, and which of them match a pattern. Lines of white space do not count. The patterns are tried on many
 * lines at once, their bytes as Latin-1: they are of ASCII characters, match no line feed, and are global.
 */
export class LineScan {
  readonly #patterns: readonly RegExp[];
  #starts = new Float64Array(1024);
  #lines = 0;
  /** bytes of the file before the pending ones, which are of a line that has not ended */
  #bytes = 0;
  #pending: Uint8Array[] = [];
  #hasBlank = false;
  /** places, from 0, among the lines with text */
  readonly matching = new Set<number>();
  /** whether a blank line stands before one with text: their numbers are then not their places */
  hasGaps = false;

  constructor(patterns: readonly RegExp[]) {
    this.#patterns = patterns;
  }

  push(chunk: Uint8Array): void {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end === 0) {
      this.#pending.push(chunk);
      return;
    }
    const whole = chunk.subarray(0, end);
    this.#take(this.#pending.length > 0 ? Buffer.concat([...this.#pending, whole]) : Buffer.from(whole.buffer, whole.byteOffset, whole.length));
    this.#pending = end < chunk.length ? [chunk.subarray(end)] : [];
  }

  #take(lines: Buffer): void {
    const before = this.#lines;
    let from = 0;
    while (from < lines.length) {
      const found = lines.indexOf(LINE_FEED, from);
      const to = found === -1 ? lines.length : found;
      if (isBlank(lines, from, to)) this.#hasBlank = true;
      else this.#begin(this.#bytes + from);
      from = to + 1;
    }
    const text = lines.toString('latin1');
    for (const pattern of this.#patterns) {
      let place = before;
      for (const { index } of text.matchAll(pattern)) {
        while (place + 1 < this.#lines && this.#starts[place + 1]! <= this.#bytes + index) place += 1;
        this.matching.add(place);
      }
    }
    this.#bytes += lines.length;
  }

  #begin(at: number): void {
    if (this.#hasBlank) this.hasGaps = true;
    if (this.#lines === this.#starts.length) {
      const grown = new Float64Array(this.#starts.length * 2);
      grown.set(this.#starts);
      this.#starts = grown;
    }
    this.#starts[this.#lines] = at;
    this.#lines += 1;
  }

  /** After the last chunk: how many lines have text. */
  end(): number {
    if (this.#pending.length > 0) this.#take(Buffer.concat(this.#pending));
    this.#pending = [];
    return this.#lines;
  }

  /** The bytes of a line with text, by its place from 0; blank lines may follow in them. */
  range(place: number): { from: number; to: number } {
    return { from: this.#starts[place]!, to: place + 1 < this.#lines ? this.#starts[place + 1]! : this.#bytes };
  }
}

/** Space, tab, carriage return. */
const isBlank = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at += 1) if (bytes[at] !== 32 && bytes[at] !== 9 && bytes[at] !== 13) return false;
  return true;
};
