import * as z from 'zod';

/** The Cognito groups; a person may hold several. */
export const ROLES = ['data-scientist', 'ml-engineer', 'clinician', 'auditor'] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** Who acts: from the verified token, or a platform component (`service:<state machine or function>`). */
export const Principal = z.object({
  subject: z.string(),
  username: z.string(),
  roles: z.array(z.union([Role, z.literal('service')])),
  authentication: z.enum(['cognito-jwt', 'iam-role', 'none']),
  sourceIp: z.string().optional(),
  device: z.string().optional(),
});
export type Principal = z.infer<typeof Principal>;
