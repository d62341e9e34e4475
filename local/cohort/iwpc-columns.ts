import source from '../../config/sources/iwpc.json' with { type: 'json' };

type Column = { type: string; makes?: (string | { concept: string })[] };

/** Columns of the source by the concepts that they make, as its source map says. */
export const COLUMNS: ReadonlyMap<string, { name: string; type: string }> = new Map(
  Object.entries(source.columns as unknown as Record<string, Column>).flatMap(([name, { type, makes = [] }]) =>
    makes.flatMap((made) => (typeof made === 'string' ? [] : [[made.concept, { name, type }] as const])),
  ),
);

/** The column that makes a concept; a concept that none makes is a mistake of the caller. */
export const columnOf = (concept: string): string => COLUMNS.get(concept)?.name ?? missing(concept);

const missing = (concept: string): never => {
  throw new Error(`no column of the source iwpc makes ${concept}`);
};
