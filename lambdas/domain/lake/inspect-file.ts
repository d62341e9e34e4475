import { createHash } from 'node:crypto';

export type FileFacts = { sha256: string; bytes: number };

/** Reads the whole file once: its hash and size. */
export const inspectFile = async (chunks: AsyncIterable<Uint8Array>): Promise<FileFacts> => {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
};

/** Why the file is not the one that its upload declared, or null. */
export const refusalOf = (facts: FileFacts, declared: FileFacts): string | null => {
  if (facts.bytes === 0) return 'the file is empty';
  if (facts.bytes !== declared.bytes) return `the file has ${facts.bytes} bytes, the upload declared ${declared.bytes}`;
  if (facts.sha256 !== declared.sha256) return `the file's SHA-256 is ${facts.sha256}, the upload declared ${declared.sha256}`;
  return null;
};
