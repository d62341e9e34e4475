import { textEncodingOf } from '../../csv-records.ts';
import type { SetFile } from '../../reading.ts';

/** A document of a file. `text` is null where it is larger or deeper than what is read; `excerpt` is for the quarantine. */
export type JsonDocument = { where: string; text: string | null; excerpt: string };

const MAX_DOCUMENT_CHARACTERS = 8 * 1_048_576;
const MAX_DEPTH = 64;
/** Of a document that cannot be read, so much is kept. */
const MAX_EXCERPT_CHARACTERS = 10_000;
/** Files that hold a document per line, by name: also where their first line is broken. */
const LINE_EXTENSIONS = ['ndjson', 'jsonl'];

/**
 * The documents of a JSON text that is one document, an array of documents, several of these after one another, or one document per line. A line that
 * breaks off costs itself alone; the text of one document at a time is held.
 */
export async function* jsonDocuments({ open, extension }: Pick<SetFile, 'open' | 'extension'>): AsyncGenerator<JsonDocument | 'not-json'> {
  const source = textOf(open(), await textEncodingOf(open))[Symbol.asyncIterator]();
  let head = '';
  while (!/\S/.test(head)) {
    const next = await source.next();
    if (next.done) return;
    head = next.value;
  }
  head = head.trimStart();
  if (head[0] === '[') return yield* arrays(head.slice(1), source);
  if (head[0] !== '{') return yield 'not-json';
  while (!head.includes('\n') && head.length < MAX_DOCUMENT_CHARACTERS) {
    const next = await source.next();
    if (next.done) break;
    head += next.value;
  }
  const firstLine = head.includes('\n') ? head.slice(0, head.indexOf('\n')) : null;
  if (LINE_EXTENSIONS.includes(extension) || (firstLine !== null && isWhole(firstLine))) yield* lines(head, source);
  else yield* values(head, source);
}

const isWhole = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

async function* textOf(chunks: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

const documentAt = (where: string, text: string): JsonDocument =>
  text.length > MAX_DOCUMENT_CHARACTERS || depthOf(text) > MAX_DEPTH
    ? { where, text: null, excerpt: text.slice(0, MAX_EXCERPT_CHARACTERS) }
    : { where, text, excerpt: text.slice(0, MAX_EXCERPT_CHARACTERS) };

async function* lines(head: string, source: AsyncIterator<string>): AsyncGenerator<JsonDocument> {
  let pending = head;
  let line = 0;
  for (let done = false; !done; ) {
    for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
      const text = pending.slice(0, end).trim();
      pending = pending.slice(end + 1);
      line += 1;
      if (text !== '') yield documentAt(`line ${line}`, text);
    }
    const next = await source.next();
    done = next.done ?? false;
    // one character more than allowed stays, so that the line is found too long
    if (!done) pending = pending.length > MAX_DOCUMENT_CHARACTERS && !next.value.includes('\n') ? pending : pending + next.value;
  }
  if (pending.trim() !== '') yield documentAt(`line ${line + 1}`, pending.trim());
}

/** Objects after one another, over any number of lines. What does not close is looked at again line by line. */
async function* values(head: string, source: AsyncIterator<string>, before = 0): AsyncGenerator<JsonDocument> {
  const cutter = new ValueCutter();
  let count = before;
  for (let text: string | undefined = head; text !== undefined; text = (await source.next()).value as string | undefined) {
    for (const value of cutter.push(text, (depth, character) => depth === 0 && (character === '}' || character === ']'), true)) {
      if (value.trim() !== '') yield documentAt(`document ${++count}`, value.trim());
    }
  }
  const rest = cutter.rest().trim();
  if (rest === '') return;
  const parts = rest.split('\n').map((part) => part.trim());
  if (count === 0 && parts.length > 1 && parts.some((part) => part.startsWith('{') && part.endsWith('}') && isWhole(part))) {
    for (const [index, part] of parts.entries()) if (part !== '') yield documentAt(`line ${index + 1}`, part);
  } else yield documentAt(`document ${count + 1}`, rest);
}

/** The elements of arrays, which may follow one another as the pages of an answer do; other values behind them are documents, too. */
async function* arrays(head: string, source: AsyncIterator<string>): AsyncGenerator<JsonDocument> {
  const next = async (): Promise<string | undefined> => (await source.next()).value as string | undefined;
  let count = 0;
  for (let text: string | undefined = head; text !== undefined; ) {
    const cutter = new ValueCutter();
    for (; text !== undefined && !cutter.isBelow; text = cutter.isBelow ? cutter.after : await next()) {
      for (const value of cutter.push(text, (depth, character) => (depth === 0 && character === ',') || depth < 0, false)) {
        if (value.trim() !== '' || !cutter.isBelow) yield documentAt(`document ${++count}`, value.trim());
      }
    }
    const rest = cutter.rest().trim();
    if (!cutter.isBelow && rest !== '') yield documentAt(`document ${count + 1}`, rest);
    while (text !== undefined && text.trim() === '') text = await next();
    text = text?.trimStart();
    if (text !== undefined && text[0] !== '[') return yield* values(text, source, count);
    text = text?.slice(1);
  }
}

/** Cuts a stream of JSON text where `isEnd` holds outside of strings. Keeps at most one character more than the largest document has. */
class ValueCutter {
  #kept = '';
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  /** the array that the text stood in was closed; what comes after it */
  isBelow = false;
  after = '';

  push(text: string, isEnd: (depth: number, character: string) => boolean, withEnd: boolean): string[] {
    const values: string[] = [];
    let from = 0;
    for (let at = 0; at < text.length && !this.isBelow; at++) {
      const character = text[at]!;
      if (this.#inString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (character === '\\') this.#isEscaped = true;
        else if (character === '"') this.#inString = false;
        continue;
      }
      if (character === '"') this.#inString = true;
      else if (character === '{' || character === '[') this.#depth += 1;
      else if (character === '}' || character === ']') this.#depth -= 1;
      if (isEnd(this.#depth, character)) {
        this.isBelow = this.#depth < 0;
        if (this.isBelow) this.after = text.slice(at + 1);
        this.#keep(text.slice(from, withEnd ? at + 1 : at));
        values.push(this.#kept);
        this.#kept = '';
        from = at + 1;
      } else if (this.#depth < 0) this.#depth = 0;
    }
    if (!this.isBelow) this.#keep(text.slice(from));
    return values;
  }

  rest(): string {
    return this.#kept;
  }

  #keep(text: string): void {
    if (this.#kept.length <= MAX_DOCUMENT_CHARACTERS) this.#kept += text.slice(0, MAX_DOCUMENT_CHARACTERS + 1 - this.#kept.length);
  }
}

/** How deep objects and arrays nest; counted outside of strings. */
const depthOf = (text: string): number => {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (inString) {
      if (character === 0x5c) at += 1;
      else if (character === 0x22) inString = false;
    } else if (character === 0x22) inString = true;
    else if (character === 0x7b || character === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (character === 0x7d || character === 0x5d) depth -= 1;
  }
  return deepest;
};
