import * as z from 'zod';
import { HOME_PROJECT, ProjectName } from '../../contracts/project.ts';

export const Environment = z.object({ USER_POOL_ID: z.string(), USER_POOL_CLIENT_ID: z.string() });

/** The project whose pages were asked for; anything else leads to the installation's own. */
export const To = ProjectName.catch(HOME_PROJECT);

/** The form's members; limits are Cognito's. */
export const Form = z.object({ username: z.string().trim().min(1).max(128), password: z.string().min(1).max(256), code: z.string().trim().max(6).default('') });
