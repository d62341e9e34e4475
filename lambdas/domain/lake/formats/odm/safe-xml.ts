import type { SaxesTagNS } from 'saxes';
import { XmlRefusal } from './xml-refusal.ts';
import { xmlParser } from './xml-parser.ts';
import { xmlText } from './xml-text.ts';

export type XmlElement = {
  name: string;
  namespace: string;
  /** an attribute without a prefix */
  attribute: (name: string) => string | undefined;
  /** of the end of the start tag, from 1 */
  line: number;
};

export type XmlHandlers = {
  /** Before the root. A document type that declares anything itself never comes so far. */
  doctype: () => void;
  open: (element: XmlElement) => void;
  /** in pieces, between markup */
  text: (text: string) => void;
  close: () => void;
};

const MAX_DEPTH = 100;
const MAX_ATTRIBUTES = 200;
/** A text, an attribute, comments: anything between two events of the parser. */
const MAX_TOKEN_CHARACTERS = 4 * 1024 * 1024;
/** So much is parsed between two looks at the limits. */
const PIECE_CHARACTERS = 64 * 1024;

/**
 * Parses an XML document from a stream; yields after each piece, so that what the handlers gathered can be passed on. Nothing outside the
 * document is ever opened, and no entity is known but XML's own five; a document type with declarations of its own is refused. Throws
 * XmlRefusal, also at the end of the document where it breaks off.
 */
export async function* parseXml(chunks: AsyncIterable<Uint8Array>, handlers: XmlHandlers): AsyncGenerator<void> {
  const parser = xmlParser();
  let depth = 0;
  let sawRoot = false;
  let attributes = 0;
  let lastEvent = 0;
  const event = (): void => {
    lastEvent = parser.position;
  };
  const tooLarge = (what: string) => new XmlRefusal('too-large', `line ${parser.line}: ${what}`);
  parser.on('error', () => {
    const where = `line ${parser.line}, column ${parser.column}`;
    throw sawRoot
      ? new XmlRefusal('malformed', `${where}: the XML is not well-formed, or breaks off here; nothing of the file is read`)
      : new XmlRefusal('not-this-format', `${where}: the file is not XML`);
  });
  parser.on('doctype', (doctype) => {
    event();
    if (doctype.includes('[')) throw new XmlRefusal('unsafe-markup', `line ${parser.line}: the document type must not declare anything itself`);
    handlers.doctype();
  });
  parser.on('attribute', () => {
    event();
    attributes += 1;
    if (attributes > MAX_ATTRIBUTES) throw tooLarge(`an element must have at most ${MAX_ATTRIBUTES} attributes`);
  });
  parser.on('opentag', (tag: SaxesTagNS) => {
    event();
    sawRoot = true;
    attributes = 0;
    depth += 1;
    if (depth > MAX_DEPTH) throw tooLarge(`elements must nest at most ${MAX_DEPTH} deep`);
    handlers.open({ name: tag.local, namespace: tag.uri, attribute: (name) => tag.attributes[name]?.value, line: parser.line });
  });
  parser.on('closetag', () => {
    event();
    depth -= 1;
    handlers.close();
  });
  for (const kind of ['text', 'cdata'] as const) {
    parser.on(kind, (text) => {
      event();
      if (depth > 0) handlers.text(text);
    });
  }
  for await (const text of xmlText(chunks)) {
    for (let at = 0; at < text.length; at += PIECE_CHARACTERS) {
      parser.write(text.slice(at, at + PIECE_CHARACTERS));
      if (parser.position - lastEvent > MAX_TOKEN_CHARACTERS)
        throw tooLarge(`a text, an attribute or the comments between two tags must have at most ${MAX_TOKEN_CHARACTERS} characters`);
      yield;
    }
  }
  if (parser.position === 0) throw new XmlRefusal('empty', 'the file has no bytes');
  parser.close();
  yield;
}
