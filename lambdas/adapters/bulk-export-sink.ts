import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Position, Sink, StoredPiece } from '../domain/lake/bulk-export/piece.ts';
import { noteBeside, putFileWith } from './landing-parts.ts';

/** Where an export's pieces lie in the landing zone, until its upload takes them. */
export const pieceKey = (exportId: string, name: string): string => `exports/${exportId}/${name}`;

/** An object's note is ASCII of at most 2 KB. */
const noteOf = (piece: Omit<StoredPiece, 'name'>): Record<string, string> => ({ piece: Buffer.from(JSON.stringify(piece)).toString('base64url') });
const fromNote = (name: string, { piece }: Record<string, string>): StoredPiece => ({
  name,
  ...(JSON.parse(Buffer.from(piece ?? '', 'base64url').toString('utf8')) as { sha256: string; bytes: number; after: Position }),
});

/** Pieces grow on disk and become objects of the landing zone, their position noted beside them. */
export const landingSink = (bucket: string, exportId: string, folder: string): Sink => ({
  find: async (name) => {
    const note = await noteBeside(bucket, pieceKey(exportId, name));
    return note && fromNote(name, note);
  },
  open: async (name) => {
    const path = join(folder, name.replaceAll('/', '-'));
    const hash = createHash('sha256');
    const file = createWriteStream(path);
    const ended = finished(file);
    // a failed write surfaces where the piece is closed
    ended.catch(() => undefined);
    let bytes = 0;
    return {
      write: async (chunk) => {
        hash.update(chunk);
        bytes += chunk.length;
        if (!file.write(chunk)) await Promise.race([once(file, 'drain'), ended]);
      },
      close: async (after) => {
        file.end();
        await ended;
        const piece = { sha256: hash.digest('hex'), bytes, after };
        await putFileWith(bucket, pieceKey(exportId, name), path, bytes, noteOf(piece));
        await rm(path);
        return { name, ...piece };
      },
      abandon: async () => {
        file.destroy();
        await rm(path, { force: true });
      },
    };
  },
});
