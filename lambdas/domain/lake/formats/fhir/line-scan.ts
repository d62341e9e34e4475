const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const TAB = 9;
const SPACE = 32;
const COMMA = 44;
const QUOTE = 34;
const BACKSLASH = 92;

/** null, NaN, nan, Infinity, inf: what else begins with these letters outside of a text is no JSON. A closing bracket counts behind a comma. */
const MEANING = new Uint8Array(256);
const PLAIN = 0;
const BLANK = 1;
const LAX = 2;
const CLOSING = 3;
const MARK = 4;
for (const byte of [SPACE, TAB, CARRIAGE_RETURN]) MEANING[byte] = BLANK;
for (const letter of 'nNiI') MEANING[letter.charCodeAt(0)] = LAX;
for (const bracket of ']}') MEANING[bracket.charCodeAt(0)] = CLOSING;
for (const byte of [COMMA, QUOTE, LINE_FEED]) MEANING[byte] = MARK;

/**
 * Where the lines of a file of NDJSON begin, and which of them hold what a lax reader of JSON takes and RFC 8259, or FHIR, does not: `null`,
 * `NaN`, an infinity, a comma before a closing bracket. One look at each byte. Lines of white space do not count.
 */
export class LineScan {
  #starts = new Float64Array(1024);
  #lines = 0;
  #bytes = 0;
  #blankLines = 0;
  // of the line that is being read
  #start = 0;
  #hasText = false;
  #isDoubtful = false;
  #inText = false;
  #isEscaped = false;
  #afterComma = false;
  /** places, from 0, among the lines with text */
  readonly doubtful: number[] = [];
  /** whether a blank line stands before one with text: their numbers are then not their places */
  hasGaps = false;

  push(chunk: Uint8Array): void {
    const { length } = chunk;
    let afterComma = this.#afterComma;
    let at = 0;
    if (this.#isEscaped && length > 0) {
      this.#isEscaped = false;
      // a line that breaks off behind a backslash ends all the same
      if (chunk[0] !== LINE_FEED) at = 1;
    }
    let inText = this.#inText;
    while (at < length) {
      if (inText) {
        let byte = 0;
        // most bytes of a text are small letters: one comparison
        while (at < length) {
          byte = chunk[at++]!;
          if (byte <= BACKSLASH && (byte === QUOTE || byte === BACKSLASH || byte === LINE_FEED)) break;
          byte = 0;
        }
        if (byte === QUOTE) inText = false;
        else if (byte === BACKSLASH) {
          if (at === length) this.#isEscaped = true;
          else if (chunk[at] !== LINE_FEED) at += 1;
        } else if (byte === LINE_FEED) {
          inText = false;
          this.#end(this.#bytes + at);
        }
        continue;
      }
      const byte = chunk[at++]!;
      const meaning = MEANING[byte]!;
      if (meaning === PLAIN) {
        afterComma = false;
        this.#hasText = true;
      } else if (meaning === MARK) {
        if (byte === LINE_FEED) {
          this.#end(this.#bytes + at);
          afterComma = false;
        } else {
          this.#hasText = true;
          afterComma = byte === COMMA;
          inText = byte === QUOTE;
        }
      } else if (meaning !== BLANK) {
        this.#hasText = true;
        if (meaning === LAX || afterComma) this.#isDoubtful = true;
        afterComma = false;
      }
    }
    this.#inText = inText;
    this.#afterComma = afterComma;
    this.#bytes += length;
  }

  #end(next: number): void {
    if (this.#hasText) {
      if (this.#blankLines > 0) this.hasGaps = true;
      if (this.#isDoubtful) this.doubtful.push(this.#lines);
      if (this.#lines === this.#starts.length) {
        const grown = new Float64Array(this.#starts.length * 2);
        grown.set(this.#starts);
        this.#starts = grown;
      }
      this.#starts[this.#lines] = this.#start;
      this.#lines += 1;
    } else this.#blankLines += 1;
    this.#start = next;
    this.#hasText = false;
    this.#isDoubtful = false;
  }

  /** After the last chunk: how many lines have text. */
  end(): number {
    if (this.#start < this.#bytes) this.#end(this.#bytes);
    return this.#lines;
  }

  /** The bytes of a line with text, by its place from 0; blank lines may follow in them. */
  range(place: number): { from: number; to: number } {
    return { from: this.#starts[place]!, to: place + 1 < this.#lines ? this.#starts[place + 1]! : this.#bytes };
  }
}
