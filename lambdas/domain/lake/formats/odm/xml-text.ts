import { XmlRefusal } from './xml-refusal.ts';

/** Text of bytes; without bytes, what is left at the end. Throws where they are no characters of the encoding. */
type Decode = (bytes?: Uint8Array) => string;

const webDecoder = (encoding: string) => (): Decode => {
  const decoder = new TextDecoder(encoding, { fatal: true });
  return (bytes) => decoder.decode(bytes, { stream: bytes !== undefined });
};
const bytewise = (last: number) => (): Decode => (bytes) => {
  if (bytes?.some((byte) => byte > last)) throw new RangeError('a byte beyond the encoding');
  return Buffer.from(bytes ?? []).toString('latin1');
};

/** Encodings that are read, by the names that XML declarations give them. Web decoders take ISO-8859-1 for Windows-1252, which it is not in XML. */
const ENCODINGS: Readonly<Record<string, () => Decode>> = {
  'utf-8': webDecoder('utf-8'),
  utf8: webDecoder('utf-8'),
  'us-ascii': bytewise(0x7f),
  ascii: bytewise(0x7f),
  'iso-8859-1': bytewise(0xff),
  latin1: bytewise(0xff),
  'iso-8859-15': webDecoder('iso-8859-15'),
  'windows-1252': webDecoder('windows-1252'),
  shift_jis: webDecoder('shift_jis'),
  'euc-jp': webDecoder('euc-jp'),
  gb18030: webDecoder('gb18030'),
};

/** An XML declaration stands within these. */
const DECLARATION_BYTES = 1024;

/** The text of an XML document: encoding by byte order mark or declaration, else UTF-8 (XML 1.0, appendix F). Bytes that are none of the encoding's are an error. */
export async function* xmlText(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let decode: Decode | null = null;
  let start = Buffer.alloc(0);
  const text = (bytes?: Uint8Array): string => {
    try {
      decode ??= decoderOf(start);
      return decode(bytes);
    } catch (error) {
      if (error instanceof XmlRefusal) throw error;
      throw new XmlRefusal('malformed', 'the file has bytes that are no character of its encoding');
    }
  };
  for await (const chunk of chunks) {
    if (decode) yield text(chunk);
    else {
      start = Buffer.concat([start, chunk]);
      if (start.length >= DECLARATION_BYTES) yield text(start);
    }
  }
  if (!decode) yield text(start);
  yield text();
}

/** The bytes that may come before markup: byte order marks, blanks, the empty halves of UTF-16. */
const BEFORE_MARKUP = new Set([0xef, 0xbb, 0xbf, 0xfe, 0xff, 0x00, 0x20, 0x09, 0x0a, 0x0d]);

const decoderOf = (start: Buffer): Decode => {
  const first = start.find((byte) => !BEFORE_MARKUP.has(byte));
  if (first !== undefined && first !== 0x3c) throw new XmlRefusal('not-this-format', 'the file is not XML: it must begin with <');
  const begins = (...bytes: number[]): boolean => bytes.every((byte, index) => start[index] === byte);
  if (begins(0xfe, 0xff) || begins(0, 0x3c)) return webDecoder('utf-16be')();
  if (begins(0xff, 0xfe) || begins(0x3c, 0)) return webDecoder('utf-16le')();
  if (begins(0xef, 0xbb, 0xbf)) return webDecoder('utf-8')();
  const declared = /^<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.-]{0,40})["']/.exec(start.toString('latin1', 0, DECLARATION_BYTES))?.[1]?.toLowerCase() ?? 'utf-8';
  if (!Object.hasOwn(ENCODINGS, declared)) throw new XmlRefusal('malformed', `the encoding must be UTF-16 with a byte order mark, or one of ${Object.keys(ENCODINGS).join(', ')}`);
  return ENCODINGS[declared]!();
};
