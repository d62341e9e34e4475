import * as z from 'zod';
import { Timestamp } from './ids.ts';

/** A session of a role that another role took on lasts an hour at most (STS: role chaining), and 15 minutes at least. */
export const CREDENTIAL_MINUTES = { least: 15, most: 60 } as const;

export const ArtifactCredentialsRequest = z.strictObject({
  runId: z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')
    .optional()
    .describe('a tracked run of the project: its artifacts alone'),
  minutes: z
    .int()
    .min(CREDENTIAL_MINUTES.least, `must be ${CREDENTIAL_MINUTES.least} to ${CREDENTIAL_MINUTES.most}`)
    .max(CREDENTIAL_MINUTES.most, `must be ${CREDENTIAL_MINUTES.least} to ${CREDENTIAL_MINUTES.most}`)
    .default(CREDENTIAL_MINUTES.most),
});
export type ArtifactCredentialsRequest = z.infer<typeof ArtifactCredentialsRequest>;

export const ArtifactCredentials = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string(),
  expiration: Timestamp,
  root: z.string().describe('s3:// address that they are for, and all below it'),
  access: z.enum(['read', 'read-write']),
});
export type ArtifactCredentials = z.infer<typeof ArtifactCredentials>;
