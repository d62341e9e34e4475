/** Why a file cannot be split: it is no JSON, or a part of it is beyond the limits. */
export class SplitError extends Error {
  readonly refused: 'malformed' | 'too-large';
  constructor(refused: 'malformed' | 'too-large', message: string) {
    super(message);
    this.refused = refused;
  }
}

const MAX_ENVELOPE = 16 * 1024 * 1024;
/** Levels of objects and arrays within one another; what is written again as JSON must fit on the stack. */
const MAX_DEPTH = 500;

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
 * Splits a JSON object into the texts of the elements of one of its arrays, and the object without them. It finds no more than where an
 * element ends: JSON.parse reads each element and, at the end, the object, so that what passes is JSON and nothing else.
 */
export class ArraySplitter {
  /** elements that are complete and were not yet taken */
  elements: string[] = [];
  readonly #name: string;
  readonly #longest: number;
  #envelope = '';
  #depth = 0;
  #inString = false;
  #escaped = false;
  #string = '';
  #key: string | null = null;
  #root = 0;
  #arrays = 0;
  /** within the array: what may come next, or the element that is being gathered */
  #within: 'first' | 'next' | 'behind' | 'element' | null = null;
  #element = '';

  /**
   * @param name the array's key in the object
   * @param longest the characters of an element, at most
   */
  constructor(name: string, longest: number) {
    this.#name = name;
    this.#longest = longest;
  }

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
          if (this.#depth === 1 && code === OPEN_ARRAY && this.#root === OPEN_OBJECT && this.#key === this.#name) {
            gather(at + 1);
            this.#within = 'first';
            this.#arrays += 1;
            continue;
          }
          this.#deeper();
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
        } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) this.#deeper();
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
      } else if (code === COMMA || code === CLOSE_ARRAY || this.#within === 'behind') throw new SplitError('malformed', `${this.#name} is no JSON array`);
      else {
        this.#within = 'element';
        from = at;
        if (code === QUOTE) this.#inString = true;
        else if (code === OPEN_ARRAY || code === OPEN_OBJECT) this.#depth += 1;
      }
    }
    gather(text.length);
    if (this.#envelope.length > MAX_ENVELOPE) throw new SplitError('too-large', `the file must have at most ${MAX_ENVELOPE} characters besides its ${this.#name}`);
    if (this.#element.length > this.#longest) throw new SplitError('too-large', `an element of ${this.#name} must have at most ${this.#longest} characters`);
  }

  #deeper(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new SplitError('too-large', `the file must nest at most ${MAX_DEPTH} levels of objects and arrays`);
  }

  #take(): void {
    this.elements.push(this.#element.trimEnd());
    this.#element = '';
    this.#within = 'behind';
  }

  /** The object, the elements left out. */
  end(): unknown {
    if (this.#within !== null) throw new SplitError('malformed', `the file breaks off within ${this.#name}`);
    if (this.#arrays > 1) throw new SplitError('malformed', `the file must have ${this.#name} once`);
    try {
      return JSON.parse(this.#envelope);
    } catch {
      throw new SplitError('malformed', `the file is no JSON: it breaks off or has an error outside its ${this.#name}`);
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

export type ArrayPart = { elements: readonly string[] } | { envelope: unknown };

/** The texts of the array's elements as they come, at last the object without them. */
export async function* splitArray(chunks: AsyncIterable<Uint8Array>, name: string, longest: number): AsyncGenerator<ArrayPart> {
  const splitter = new ArraySplitter(name, longest);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decoded = (chunk?: Uint8Array): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      throw new SplitError('malformed', 'the file must be text in UTF-8');
    }
  };
  for await (const chunk of chunks) {
    splitter.push(decoded(chunk));
    yield { elements: splitter.elements };
    splitter.elements = [];
  }
  splitter.push(decoded());
  yield { elements: splitter.elements };
  yield { envelope: splitter.end() };
}
