import * as z from 'zod';

/** What `npm run local -- --ready FILE` and `npm start -- --ready FILE` write when all is up. */
export const Ready = z.object({
  apiUrl: z.string(),
  /** an access token by role */
  tokens: z.record(z.string(), z.string()),
  /** the process that ends everything on SIGTERM */
  stop: z.number(),
  endpoint: z.string(),
  userPoolClientId: z.string(),
  people: z.record(z.string(), z.object({ username: z.string(), password: z.string(), totpSecret: z.string() })),
  /** of the deployed stacks, by name */
  outputs: z.record(z.string(), z.string()),
  /** where the worker's jobs record their runs, and the file that holds its token */
  tracker: z.object({ MLFLOW_TRACKING_URI: z.string(), PROBAND_TRACKING_TOKEN_FILE: z.string() }),
});
export type Ready = z.infer<typeof Ready>;
