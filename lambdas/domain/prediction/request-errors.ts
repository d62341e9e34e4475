import type { ZodError } from 'zod';
import { type FieldError, type Outcome, refused } from '../../contracts/outcome.ts';
import type { RawFeatures } from '../features/feature-view.ts';

/** A refusal that names each feature, the value received and what is allowed. */
export const featuresRefused = (error: ZodError, raw: RawFeatures): Outcome<never> => {
  const errors = error.issues.flatMap((issue): FieldError[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: `features.${key}`, value: raw[key], allowed: issue.message }))
      : [{ field: ['features', ...issue.path].join('.'), value: raw[String(issue.path[0])] ?? null, allowed: issue.message }],
  );
  return refused(400, 'Invalid features', errors.map(({ field, value, allowed }) => `${field}: ${JSON.stringify(value)} ${allowed}`).join('; '), errors);
};
