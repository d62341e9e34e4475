import { type OperationId, ROUTES } from '../config/catalog/routes.ts';
import type { Problem } from '../lambdas/contracts/outcome.ts';
import type { OPERATIONS, ResponseOf } from '../lambdas/contracts/operations.ts';
import type { input } from 'zod';

type Sent<O, K extends string> = O extends { [key in K]: infer S extends import('zod').ZodType } ? { [key in K]: input<S> } : unknown;
type OptionalQuery<O> = O extends { query: infer S extends import('zod').ZodType } ? { query?: input<S> } : unknown;
/** What an operation is called with. */
export type Call<O extends OperationId> = Sent<(typeof OPERATIONS)[O], 'params'> & Sent<(typeof OPERATIONS)[O], 'body'> & OptionalQuery<(typeof OPERATIONS)[O]>;

/** An answer other than 2xx: its message is one line that a user can act on. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}${problem.requestId ? ` (request ${problem.requestId})` : ''}`);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

export type Client = <O extends OperationId>(operation: O, call: Call<O>) => Promise<ResponseOf<O>>;

/** A client of the HTTP API for one signed-in person; `token` is asked before each call, so that it may be renewed. */
export const clientOf =
  (apiUrl: string, token: () => Promise<string> | string): Client =>
  async (operation, call) => {
    const { params = {}, query = {}, body } = call as { params?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown };
    const [method, template] = ROUTES[operation].route.split(' ') as [string, string];
    const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
    const search = new URLSearchParams(
      Object.entries(query)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, String(value)]),
    ).toString();
    const response = await fetch(`${apiUrl.replace(/\/$/, '')}${path}${search ? `?${search}` : ''}`, {
      method,
      headers: { authorization: `Bearer ${await token()}`, 'user-agent': 'proband', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) throw new ProblemError(problemOf(response.status, text));
    return (response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text) as never;
  };

const problemOf = (status: number, text: string): Problem => {
  try {
    const body = JSON.parse(text) as Partial<Problem> & { message?: string };
    return {
      type: body.type ?? 'about:blank',
      title: body.title ?? `HTTP ${status}`,
      status,
      detail: body.detail ?? body.message ?? 'no detail',
      ...(body.requestId ? { requestId: body.requestId } : {}),
      ...(body.errors ? { errors: body.errors } : {}),
    };
  } catch {
    return { type: 'about:blank', title: `HTTP ${status}`, status, detail: text.slice(0, 200) || 'no detail' };
  }
};
