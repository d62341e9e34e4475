import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, pipeline } from 'node:stream';
import pick from 'stream-json/filters/pick.js';
import parser from 'stream-json/parser.js';
import streamArray from 'stream-json/streamers/stream-array.js';
import { type Refused, lineOfEntry, refusalOfDocument } from '../domain/lake/formats/fhir/bundle-entries.ts';
import { isObject } from '../domain/lake/formats/fhir/check-resource.ts';
import { limitedLines } from '../domain/lake/formats/fhir/limited-lines.ts';
import type { FhirSourceMap } from '../domain/lake/formats/fhir/map.ts';
import type { SetFile } from '../domain/lake/reading.ts';
import { GrowingFile } from './scratch.ts';
import { ExpansionError } from './set-files.ts';

/** A file on disk with one resource a line. `place` is what a line is called: of a bundle, an entry. */
export type FhirLines = { file: number; path: string; place: 'line' | 'entry' /** of a history, a record comes as often as it was changed */; isHistory: boolean };

export const linesOf = async (file: SetFile, format: FhirSourceMap['format'], folder: string): Promise<FhirLines | { refused: Refused }> => {
  if (file.bytes === 0) return { refused: { reason: 'empty', detail: 'the file is empty' } };
  try {
    return format === 'fhir' ? await bundleLines(file, folder) : { file: file.index, path: await plainPath(file, folder), place: 'line', isHistory: false };
  } catch (error) {
    if (error instanceof ExpansionError) return { refused: { reason: error.refused, detail: error.message } };
    throw error;
  }
};

const linesPath = (file: number, folder: string): string => join(folder, `fhir-${file}.ndjson`);

/** Text lies as it is; what is compressed is written out first. */
const plainPath = async (file: SetFile, folder: string): Promise<string> => {
  const first = Buffer.alloc(1);
  const handle = await openFile(file.path);
  await handle.read(first, 0, 1, 0).finally(() => handle.close());
  if (first[0] === 0x7b || first[0] === 0x0a) return file.path;
  const path = linesPath(file.index, folder);
  const out = await openFile(path, 'w');
  try {
    for await (const chunk of file.open()) await out.write(chunk);
  } finally {
    await out.close();
  }
  return path;
};

/** The lines again, with an empty object in place of each that the columnar engine cannot take: too long, not UTF-8, no JSON. */
export const soundLines = async (lines: FhirLines, folder: string): Promise<FhirLines> => {
  const path = join(folder, `sound-${lines.file}.ndjson`);
  const out = new GrowingFile(path);
  for await (const { text } of resourceLines(lines.path)) {
    let sound = '{}';
    try {
      if (text !== null && isObject(JSON.parse(text))) sound = text;
    } catch {
      // stays empty
    }
    await out.write(`${sound}\n`);
  }
  await out.close();
  return { ...lines, path };
};

/** Lines that are not blank: their place among these from 0, and in the file from 1. */
export async function* resourceLines(path: string): AsyncGenerator<{ row: number; line: number; text: string | null }> {
  let [row, line] = [0, 0];
  const handle = await openFile(path);
  for await (const text of limitedLines(handle.createReadStream({ highWaterMark: 1 << 18 }))) {
    line += 1;
    if (text === null || text.trim() !== '') yield { row: row++, line, text };
  }
}

/** A bundle of at most so many bytes is parsed whole, a larger one entry by entry. */
const WHOLE_BYTES = 64 * 1024 * 1024;

const bundleLines = async (file: SetFile, folder: string): Promise<FhirLines | { refused: Refused }> => {
  const head: Uint8Array[] = [];
  let bytes = 0;
  const chunks = file.open()[Symbol.asyncIterator]();
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    head.push(next.value);
    bytes += next.value.length;
    if (bytes > WHOLE_BYTES) return largeBundle(file.index, rest(head, chunks), Buffer.concat(head.slice(0, 1)).toString('utf8'), folder);
  }
  return wholeBundle(file.index, Buffer.concat(head), folder);
};

async function* rest(head: readonly Uint8Array[], chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

const wholeBundle = async (file: number, bytes: Uint8Array, folder: string): Promise<FhirLines | { refused: Refused }> => {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { refused: { reason: 'malformed', detail: 'the file is not one whole JSON document in UTF-8' } };
  }
  const refused = refusalOfDocument(isObject(content) ? content['resourceType'] : null);
  if (refused) return { refused };
  const bundle = content as Record<string, unknown>;
  if (bundle['resourceType'] !== 'Bundle') return written(file, [{ resource: bundle }], false, folder);
  const entries = bundle['entry'] ?? [];
  if (!Array.isArray(entries)) return { refused: { reason: 'malformed', detail: 'Bundle.entry is no list' } };
  return written(file, entries, bundle['type'] === 'history', folder);
};

const written = async (file: number, entries: Iterable<unknown> | AsyncIterable<unknown>, isHistory: boolean, folder: string): Promise<FhirLines> => {
  const path = linesPath(file, folder);
  const out = new GrowingFile(path);
  try {
    for await (const entry of entries) await out.write(`${lineOfEntry(entry)}\n`);
  } finally {
    await out.close();
  }
  return { file, path, place: 'entry', isHistory };
};

const largeBundle = async (file: number, bytes: AsyncIterable<Uint8Array>, head: string, folder: string): Promise<FhirLines | { refused: Refused }> => {
  const refused = refusalOfDocument(/"resourceType"\s*:\s*"([A-Za-z]+)"/.exec(head)?.[1]);
  if (refused) return { refused };
  const entries = pipeline(Readable.from(bytes), parser.asStream(), pick.asStream({ filter: 'entry' }), streamArray.asStream(), () => undefined);
  try {
    return await written(file, entryValues(entries), /"type"\s*:\s*"history"/.test(head), folder);
  } catch (error) {
    if (error instanceof ExpansionError) throw error;
    return { refused: { reason: 'malformed', detail: 'the file is not one whole JSON document' } };
  } finally {
    entries.destroy();
  }
};

async function* entryValues(items: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const item of items) yield (item as { value: unknown }).value;
}
