import { type SchemaId, findSchema } from './schemas.ts';

/**
 * The schema that a file's folders name, as in Open mHealth's own collection (`heart-rate/2.0/shouldPass/…`), or null. Only names of shipped
 * schemas are looked for: whatever else a path says stays unread.
 */
export const schemaOfFolders = (path: string): SchemaId | null => {
  const folders = path.split(/[\\/]/).slice(0, -1);
  for (let at = folders.length - 1; at > 0; at--) {
    const [name, version] = [folders[at - 1]!, folders[at]!];
    if (/^\d+\.\d+$/.test(version)) return findSchema(folders[at - 2] === 'ieee' ? 'ieee' : 'omh', name, version);
  }
  return null;
};
