import { TextDecoder } from 'node:util';
import { XmlRefusal } from './safe-xml.ts';

/** Encodings that are read, by the names that XML declarations give them. */
const ENCODINGS: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  ascii: 'utf-8',
  'iso-8859-1': 'windows-1252',
  latin1: 'windows-1252',
  'windows-1252': 'windows-1252',
  'iso-8859-15': 'iso-8859-15',
  shift_jis: 'shift_jis',
  gb18030: 'gb18030',
  'euc-jp': 'euc-jp',
};

/** An XML declaration stands within these. */
const DECLARATION_BYTES = 1024;

/** The text of an XML document: encoding by byte order mark or declaration, else UTF-8 (XML 1.0, appendix F). Bytes that are none of the encoding's are an error. */
export async function* xmlText(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null;
  let start = Buffer.alloc(0);
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder!.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new XmlRefusal('malformed', 'the file has bytes that are no character of its encoding');
    }
  };
  for await (const chunk of chunks) {
    if (decoder) {
      yield decode(chunk);
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < DECLARATION_BYTES) continue;
    decoder = new TextDecoder(encodingOf(start), { fatal: true });
    yield decode(start);
  }
  if (!decoder) {
    decoder = new TextDecoder(encodingOf(start), { fatal: true });
    yield decode(start);
  }
  yield decode();
}

const encodingOf = (start: Buffer): string => {
  if (start.length >= 2 && start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  if (start.length >= 2 && start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start.length >= 4 && start[0] === 0 && start[1] === 0x3c) return 'utf-16be';
  if (start.length >= 4 && start[0] === 0x3c && start[1] === 0) return 'utf-16le';
  if (start.length >= 3 && start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
  const declared = /^<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.-]{0,40})["']/.exec(start.toString('latin1', 0, DECLARATION_BYTES))?.[1]?.toLowerCase();
  if (declared === undefined) return 'utf-8';
  if (!Object.hasOwn(ENCODINGS, declared)) throw new XmlRefusal('malformed', `the encoding must be one of ${Object.keys(ENCODINGS).join(', ')}`);
  return ENCODINGS[declared]!;
};
