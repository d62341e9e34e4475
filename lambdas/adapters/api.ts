import type { APIGatewayProxyEventV2WithJWTAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { ZodError, ZodType } from 'zod';
import { type OperationId, ROUTES, operationOfRoute } from '../../config/catalog/routes.ts';
import { type BodyOf, OPERATIONS, type ParamsOf, type QueryOf, type ResponseOf } from '../contracts/operations.ts';
import { type FieldError, type Outcome, type Problem, refused } from '../contracts/outcome.ts';
import type { Principal } from '../contracts/principal.ts';
import { type AuditEntry, appendAudit } from './audit-log.ts';
import { callerOf, sessionOf } from './caller.ts';
import { log, redactedStack } from './log.ts';
import { RETRY_AFTER_S, isThrottled } from './throttling.ts';

export type ApiRequest<O extends OperationId> = {
  params: ParamsOf<O>;
  query: QueryOf<O>;
  body: BodyOf<O>;
  caller: Principal;
  requestId: string;
  /** the sign-in that the caller's token came from, where the token says so */
  sessionId: string | undefined;
  /** ids and counts to be kept with this call's audit event. */
  audit: Record<string, unknown>;
};

type Operations<O extends OperationId> = { [K in O]: (request: ApiRequest<K>) => Promise<Outcome<ResponseOf<K>>> };
type Result = APIGatewayProxyStructuredResultV2;
type Event = APIGatewayProxyEventV2WithJWTAuthorizer;

/** Where the audit event of each call goes: straight onto the chain, or (predictions) into a queue that appends in batches. */
export type AuditSink = (entry: AuditEntry) => Promise<void>;
export const auditChain =
  (table: string): AuditSink =>
  (entry) =>
    appendAudit(table, entry);

/**
 * One function's share of the API. API Gateway has routed and has verified the token; here the role is checked again against the
 * permission table, the input is parsed, one operation is called, its outcome is mapped and audited. A fault is a 500 without detail.
 */
export const serve =
  <O extends OperationId>(operations: Operations<O>, audit: AuditSink) =>
  async (event: Event): Promise<Result> => {
    const started = performance.now();
    const requestId = event.requestContext.requestId;
    const operation = operationOfRoute(event.routeKey);
    if (!operation || !(operation in operations)) return respond(requestId, refused(404, 'Not found', `no route ${event.routeKey}`));
    const caller = callerOf(event.requestContext);
    const facts: Record<string, unknown> = {};
    let outcome: Outcome<unknown>;
    try {
      outcome = await answer(operations[operation as O] as never, operation, event, caller, requestId, facts);
    } catch (error) {
      if (isThrottled(error)) {
        log.warn('throttled', { operation, requestId, name: (error as Error).name });
        outcome = refused(429, 'Too many requests', `too many requests at once: try again in ${RETRY_AFTER_S} s`);
      } else {
        log.error('fault', { operation, requestId, name: (error as Error).name, stack: redactedStack(error) });
        outcome = refused(500, 'Internal error', `the request failed on our side; quote request id ${requestId}`);
      }
    }
    const status = outcome.ok ? (outcome.status ?? defaultStatus(operation)) : outcome.problem.status;
    if (ROUTES[operation].roles !== 'public') {
      const result = outcome.ok ? 'success' : status === 401 || status === 403 ? 'denied' : status >= 500 ? 'fault' : 'refused';
      const noted = { ...(event.pathParameters ?? {}), ...facts, status, ...(outcome.ok ? {} : { problem: outcome.problem.title }) };
      await audit({ who: caller, what: operation, result, data: noted, requestId });
    }
    log.info('request', { operation, requestId, status, subject: caller.subject, milliseconds: Math.round(performance.now() - started) });
    return respond(requestId, outcome, status);
  };

const answer = async (
  run: (request: unknown) => Promise<Outcome<unknown>>,
  operation: OperationId,
  event: Event,
  caller: Principal,
  requestId: string,
  audit: Record<string, unknown>,
): Promise<Outcome<unknown>> => {
  const { roles } = ROUTES[operation];
  if (roles !== 'public' && !caller.roles.some((role) => (roles as readonly string[]).includes(role))) {
    return refused(403, 'Forbidden', `${operation} is for ${roles.join(', ')}; this token has ${caller.roles.join(', ') || 'no role'}`);
  }
  const schemas: { params?: ZodType; query?: ZodType; body?: ZodType; response: ZodType } = OPERATIONS[operation];
  const body = schemas.body ? jsonBody(event) : { ok: true as const, value: {} };
  if (!body.ok) return body;
  const errors: FieldError[] = [];
  const parse = (schema: ZodType | undefined, value: unknown) => {
    if (!schema) return {};
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    errors.push(...fieldErrors(parsed.error, value));
    return {};
  };
  const request = {
    params: parse(schemas.params, event.pathParameters ?? {}),
    query: parse(schemas.query, event.queryStringParameters ?? {}),
    body: parse(schemas.body, body.value),
    caller,
    requestId,
    sessionId: sessionOf(event.requestContext),
    audit,
  };
  if (errors.length > 0) return refused(400, 'Invalid request', errors.map(({ field, allowed }) => `${field || 'body'}: ${allowed}`).join('; '), errors);
  return run(request);
};

const jsonBody = (event: Event): Outcome<unknown> => {
  const text = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '');
  try {
    return { ok: true, value: text === '' ? {} : JSON.parse(text) };
  } catch {
    return refused(400, 'Invalid request', 'the body is not JSON');
  }
};

/** Field, value and what is allowed; only short scalar values are echoed. */
export const fieldErrors = (error: ZodError, input: unknown): FieldError[] =>
  error.issues.map((issue) => {
    const value = issue.path.reduce<unknown>((at, step) => (at === null || typeof at !== 'object' ? undefined : (at as Record<PropertyKey, unknown>)[step]), input);
    const echo = typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.length <= 60) ? { value } : {};
    return { field: issue.path.join('.'), ...echo, allowed: issue.message };
  });

const defaultStatus = (operation: OperationId): number => (OPERATIONS[operation] as { status?: number }).status ?? 200;

const respond = (requestId: string, outcome: Outcome<unknown>, status?: number): Result => {
  const headers = { 'x-request-id': requestId, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  if (!outcome.ok) {
    const problem: Problem = { ...outcome.problem, requestId };
    return {
      statusCode: problem.status,
      headers: { ...headers, 'content-type': 'application/problem+json', ...(problem.status === 429 ? { 'retry-after': String(RETRY_AFTER_S) } : {}) },
      body: JSON.stringify(problem),
    };
  }
  if (typeof outcome.value === 'string') {
    return {
      statusCode: status ?? 200,
      headers: { ...headers, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:" },
      body: outcome.value,
    };
  }
  return { statusCode: status ?? 200, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(outcome.value) };
};
