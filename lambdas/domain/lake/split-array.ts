/** Why a file cannot be split: it is no JSON, or a part of it is beyond the limits. */
export class SplitError extends Error {
  readonly refused: 'malformed' | 'too-large';
  constructor(refused: 'malformed' | 'too-large', message: string) {
    super(message);
    this.refused = refused;
  }
}

const MAX_ENVELOPE = 16 * 1024 * 1024;
const MAX_ROW = 8 * 1024 * 1024;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const isBlank = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/**
 * Splits a JSON object into the texts of the elements of its array `rows`, and the object without them. It finds no more than where an
 * element ends: JSON.parse reads each element and, at the end, the object, so that what passes is JSON and nothing else.
 */
export class RowSplitter {
  /** elements that are complete and were not yet taken */
  rows: string[] = [];
  #envelope = '';
  #depth = 0;
  #inString = false;
  #escaped = false;
  #string = '';
  #key: string | null = null;
  #root = 0;
  #arrays = 0;
  /** within `rows`: what may come next, or the element that is being gathered */
  #within: 'first' | 'next' | 'behind' | 'element' | null = null;
  #element = '';

  push(text: string): void {
    let from = 0;
    const gather = (to: number): void => {
      if (this.#within === null) this.#envelope += text.slice(from, to);
      else if (this.#within === 'element') this.#element += text.slice(from, to);
      from = to;
    };
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (code === BACKSLASH) this.#escaped = true;
        else if (code === QUOTE) this.#inString = false;
        if (this.#within === null && this.#depth === 1 && this.#string.length < 64) this.#string += text[at];
        continue;
      }
      if (this.#within === null) {
        if (code === QUOTE) {
          this.#inString = true;
          this.#string = '"';
        } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
          if (this.#depth === 0) this.#root = code;
          if (this.#depth === 1 && code === OPEN_ARRAY && this.#root === OPEN_OBJECT && this.#key === 'rows') {
            gather(at + 1);
            this.#within = 'first';
            this.#arrays += 1;
            continue;
          }
          this.#depth += 1;
        } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) this.#depth -= 1;
        else if (this.#depth === 1 && code === COLON) this.#key = unquoted(this.#string);
        else if (this.#depth === 1 && code === COMMA) this.#key = null;
        continue;
      }
      if (this.#within === 'element') {
        if (code === QUOTE) this.#inString = true;
        else if (this.#depth === 1 && (code === COMMA || code === CLOSE_ARRAY)) {
          gather(at);
          this.#take();
        } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) this.#depth += 1;
        else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) this.#depth -= 1;
        if (this.#within === 'element') continue;
      }
      // between elements
      from = at + 1;
      if (isBlank(code)) continue;
      if (code === COMMA && this.#within === 'behind') this.#within = 'next';
      else if (code === CLOSE_ARRAY && this.#within !== 'next') {
        this.#within = null;
        from = at;
      } else if (code === COMMA || code === CLOSE_ARRAY || this.#within === 'behind') throw new SplitError('malformed', 'rows is no JSON array');
      else {
        this.#within = 'element';
        from = at;
        if (code === QUOTE) this.#inString = true;
        else if (code === OPEN_ARRAY || code === OPEN_OBJECT) this.#depth += 1;
      }
    }
    gather(text.length);
    if (this.#envelope.length > MAX_ENVELOPE) throw new SplitError('too-large', `the file must have at most ${MAX_ENVELOPE} characters besides its rows`);
    if (this.#element.length > MAX_ROW) throw new SplitError('too-large', `a row must have at most ${MAX_ROW} characters`);
  }

  #take(): void {
    this.rows.push(this.#element.trimEnd());
    this.#element = '';
    this.#within = 'behind';
  }

  /** The object, its rows left out. */
  end(): unknown {
    if (this.#within !== null) throw new SplitError('malformed', 'the file breaks off within rows');
    if (this.#arrays > 1) throw new SplitError('malformed', 'the file must have rows once');
    try {
      return JSON.parse(this.#envelope);
    } catch {
      throw new SplitError('malformed', 'the file is no JSON: it breaks off or has an error outside its rows');
    }
  }
}

/** A key as it reads without its escapes. */
const unquoted = (quoted: string): string | null => {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return null;
  }
};
