import type { FileDigest, FileGroup, Sent, Upload } from '../../contracts/upload.ts';
import { canonicalJson, sha256 } from '../canonical-json.ts';

/** The list that completes a set of files: what is put last, and what the upload's own hash is of. */
export const listOf = (files: readonly FileDigest[]): string => canonicalJson(files.map(({ bytes, sha256 }) => ({ bytes, sha256 })));

/** What arrives last and starts the ingest: the file itself, or a set's list. */
export const arrivalOf = (request: Sent): { bytes: number; sha256: string } => {
  if (!request.files) return { bytes: request.bytes!, sha256: request.sha256! };
  const list = listOf(request.files);
  return { bytes: Buffer.byteLength(list), sha256: sha256(list) };
};

/** The files of an upload: of a single one itself. */
export const filesOf = ({
  files,
  bytes,
  sha256: digest,
  extension,
}: Pick<Upload, 'bytes' | 'sha256' | 'extension'> & { files?: readonly FileDigest[] | undefined }): readonly FileDigest[] =>
  files ?? [{ bytes, sha256: digest, ...(extension === undefined ? {} : { extension }) }];

/** Branches of one ingest at most. */
const MOST_GROUPS = 200;

/** Files that refer to one another are read by one branch; others are spread over as many as are useful, neighbours together. */
export const groupsOf = (files: number, together: boolean): FileGroup[] => {
  const groups = together ? 1 : Math.min(files, MOST_GROUPS);
  return Array.from({ length: groups }, (_, group) => ({ group, from: Math.floor((group * files) / groups), to: Math.floor(((group + 1) * files) / groups) }));
};
