import type { ExportReport } from '../../../contracts/export.ts';

/** Where a batch stands: everything before it lies in stored pieces. */
export type Position = {
  /** the manifest's file that is read next, and how much of it is stored, bytes and lines */
  file: number;
  offset: number;
  lines: number;
  /** that file's strong entity tag (RFC 9110, 8.8.3), where the server says one */
  etag: string | null;
  /** it came compressed: what is left cannot be asked for by range */
  compressed: boolean;
  /** of the batch so far */
  resources: Record<string, number>;
  mismatches: ExportReport['mismatches'];
  errors: ExportReport['errors'];
};

/** Whole lines of a batch, stored as one object together with the position after it: what is stored is also the progress. */
export type StoredPiece = { name: string; sha256: string; bytes: number; after: Position };

export type PieceWriter = { write: (bytes: Uint8Array) => Promise<void>; close: (after: Position) => Promise<StoredPiece>; abandon: () => Promise<void> };

/** Where pieces are kept. The same name stored again stands for the former one. */
export type Sink = { find: (name: string) => Promise<StoredPiece | null>; open: (name: string) => Promise<PieceWriter> };

export const pieceName = (generation: number, batch: number, piece: number): string => `${generation}/${batch}-${piece}`;

export const startOf = (file: number): Position => ({ file, offset: 0, lines: 0, etag: null, compressed: false, resources: {}, mismatches: [], errors: [] });

/** The pieces of a batch in order, as far as they are stored. */
export const storedPieces = async (sink: Sink, generation: number, batch: number): Promise<StoredPiece[]> => {
  const pieces: StoredPiece[] = [];
  for (;;) {
    const found = await sink.find(pieceName(generation, batch, pieces.length));
    if (!found) return pieces;
    pieces.push(found);
  }
};
