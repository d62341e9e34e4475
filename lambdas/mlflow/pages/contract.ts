import * as z from 'zod';

export const Environment = z.object({
  USER_POOL_ID: z.string(),
  USER_POOL_CLIENT_ID: z.string(),
  /** what the API's address begins with, after the host */
  API_PATH: z.string().optional(),
});
