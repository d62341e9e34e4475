import * as z from 'zod';

/** What every source map says, whatever its format. */
export const MAP_BASE = {
  name: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/),
  title: z.string(),
  version: z.string().describe('goes up whenever the map would make other rows'),
  citation: z.string(),
  namespace: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,40}$/)
    .describe('subjects with the same key under the same namespace are the same person'),
};
