import * as z from 'zod';

/** RFC 9457 problem details; `errors` name the field, the value received and what is allowed. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  requestId: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), value: z.unknown().optional(), allowed: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;
export type FieldError = NonNullable<Problem['errors']>[number];

/** Outcomes are data: an operation answers with a value or with a problem; it throws only for faults. */
export type Outcome<T> = { ok: true; value: T; status?: number } | { ok: false; problem: Problem };

export const done = <T>(value: T, status?: number): Outcome<T> => (status === undefined ? { ok: true, value } : { ok: true, value, status });

export const problemOf = (status: number, title: string, detail: string): Problem => ({ type: 'about:blank', title, status, detail });

export const refused = (status: number, title: string, detail: string, errors?: FieldError[]): Outcome<never> => ({
  ok: false,
  problem: { ...problemOf(status, title, detail), ...(errors ? { errors } : {}) },
});

export const notFound = (noun: string, id: string): Outcome<never> => refused(404, 'Not found', `no ${noun} ${id}`);
