import { createHash } from 'node:crypto';
import { csvCells, textLines } from './csv-records.ts';
import { type SourceMap, headerOf } from './source-map.ts';

export type FileFacts = { sha256: string; bytes: number; header: string[] | null; records: boolean; binary: boolean };

/** Reads the whole file once: its hash and size, and whether it is text with a header and something below. */
export const inspectFile = async (chunks: AsyncIterable<Uint8Array>): Promise<FileFacts> => {
  const hash = createHash('sha256');
  let bytes = 0;
  let binary = false;
  async function* observed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      binary ||= chunk.includes(0);
      yield chunk;
    }
  }
  let header: string[] | null = null;
  let records = false;
  let first = true;
  for await (const line of textLines(observed())) {
    if (first) header = csvCells(line);
    else records ||= line.trim() !== '';
    first = false;
  }
  return { sha256: hash.digest('hex'), bytes, header, records, binary };
};

/**
 * Why the file is not what its upload says, or null. Quotes only the source map, never the file: a file without a header has a patient
 * in its first line.
 */
export const refusalOf = (facts: FileFacts, declared: { sha256: string; bytes: number }, map: SourceMap): string | null => {
  if (facts.bytes === 0) return 'the file is empty';
  if (facts.bytes !== declared.bytes) return `the file has ${facts.bytes} bytes, the upload declared ${declared.bytes}`;
  if (facts.sha256 !== declared.sha256) return `the file's SHA-256 is ${facts.sha256}, the upload declared ${declared.sha256}`;
  if (facts.binary) return `the file is binary; source ${map.name} is ${map.format} text in UTF-8`;
  return headerProblem(facts.header ?? [], map) ?? (facts.records ? null : 'the file has a header but no rows');
};

const headerProblem = (header: string[], map: SourceMap): string | null => {
  const expected = headerOf(map);
  const found = header.map((name) => name.trim());
  const missing = expected.filter((name) => !found.includes(name));
  const unknown = found.filter((name) => !expected.includes(name)).length;
  const repeated = [...new Set(found.filter((name, index) => found.indexOf(name) !== index && expected.includes(name)))];
  if (missing.length === expected.length) return `the first line is not the header of source ${map.name}: none of its ${expected.length} columns is there`;
  if (missing.length > 0) return `the header lacks ${missing.length} of the ${expected.length} columns of source ${map.name}: ${listed(missing)}`;
  if (repeated.length > 0) return `the header repeats ${listed(repeated)}`;
  if (unknown > 0) return `the header has ${unknown} columns that source ${map.name} does not describe; it describes exactly ${expected.length}`;
  return null;
};

const listed = (names: string[]): string =>
  `${names
    .slice(0, 3)
    .map((name) => `"${name}"`)
    .join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
