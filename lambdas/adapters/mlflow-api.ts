import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { MLFLOW, type MlflowOperation } from '../../config/catalog/mlflow.ts';
import type { MlflowCall, Takes } from '../contracts/mlflow.ts';
import { type Outcome, done } from '../contracts/outcome.ts';
import type { Principal } from '../contracts/principal.ts';
import { mayCall } from '../domain/mlflow/access.ts';
import { type Taken, takeFields } from '../domain/mlflow/fields.ts';
import { operationAt } from '../domain/mlflow/match.ts';
import { invalid, refuse } from '../domain/mlflow/refusals.ts';
import type { AuditSink } from './api.ts';
import { callerOf } from './caller.ts';
import { isItemFull } from './item-size.ts';
import { log, redactedStack } from './log.ts';
import { type ProjectsOf, projectFor } from './project-store.ts';
import { RETRY_AFTER_S, isThrottled } from './throttling.ts';

export type Call<O extends MlflowOperation> = MlflowCall<O, Taken<Takes<O>>>;
export type Operations<O extends MlflowOperation> = { [K in O]: (call: Call<K>) => Promise<Outcome<unknown>> };
type Result = APIGatewayProxyStructuredResultV2;

/** Where a call's path lies below its project's address; API Gateway has decoded it. Some clients join addresses with a slash too many. */
export const pathBelowProject = ({ routeKey, pathParameters }: APIGatewayProxyEventV2): { project: string; path: string } => {
  const route = routeKey.split(' ')[1]!;
  const filled = route.replace(/\{([^}+]+)\+?\}/g, (_, name: string) => pathParameters?.[name] ?? '');
  return { project: pathParameters?.['project'] ?? '', path: filled.split('/').slice(3).filter(Boolean).join('/') };
};

const FULL = 'What is to be changed would hold more than 400 KB; shorten or delete some of its tags, parameters or descriptions first';

/**
 * One function's share of MLflow's protocol. API Gateway has verified the token; here the project is found, the role is checked against
 * the permission table, the members are read, one operation is called, its outcome is mapped and audited.
 */
export const serveMlflow =
  <O extends MlflowOperation>(operations: Operations<O>, projects: ProjectsOf, audit: AuditSink) =>
  async (event: APIGatewayProxyEventV2): Promise<Result> => {
    const started = performance.now();
    const { requestId, http } = event.requestContext;
    const { project, path } = pathBelowProject(event);
    const found = operationAt(http.method, path);
    if (!found || !(found.operation in operations)) return respond(refuse('ENDPOINT_NOT_FOUND', `no endpoint ${http.method} /${path} here`));
    const operation = found.operation as O;
    const caller = callerOf(event.requestContext);
    const facts: Record<string, unknown> = {};
    let outcome: Outcome<unknown>;
    try {
      outcome = await answer(operations, operation, { event, project, params: found.params, caller, requestId, facts }, projects);
    } catch (error) {
      if (isThrottled(error)) {
        log.warn('throttled', { operation, requestId, name: (error as Error).name });
        outcome = refuse('RESOURCE_EXHAUSTED', `too many requests at once: try again in ${RETRY_AFTER_S} s`);
      } else if (isItemFull(error)) outcome = invalid(FULL);
      else {
        log.error('fault', { operation, requestId, name: (error as Error).name, stack: redactedStack(error) });
        outcome = refuse('INTERNAL_ERROR', `the request failed on our side; quote request id ${requestId}`);
      }
    }
    const status = outcome.ok ? 200 : outcome.problem.status;
    const result = outcome.ok ? 'success' : status === 401 || status === 403 ? 'denied' : status >= 500 ? 'fault' : 'refused';
    await audit({ who: caller, what: `mlflow:${operation}`, result, data: { project, ...facts, status, ...(outcome.ok ? {} : { problem: outcome.problem.title }) }, requestId });
    log.info('request', { operation, requestId, status, subject: caller.subject, milliseconds: Math.round(performance.now() - started) });
    return respond(outcome);
  };

type Arrived = { event: APIGatewayProxyEventV2; project: string; params: Record<string, string>; caller: Principal; requestId: string; facts: Record<string, unknown> };

const answer = async <O extends MlflowOperation>(
  operations: Operations<O>,
  operation: O,
  { event, project, params, caller, requestId, facts }: Arrived,
  projects: ProjectsOf,
): Promise<Outcome<unknown>> => {
  const standing = await projectFor(projects, project, caller);
  if (!standing.ok) return standing;
  const allowed = mayCall(operation, standing.value, caller);
  if (!allowed.ok) return allowed;
  const raw = 'raw' in MLFLOW[operation];
  const given = event.requestContext.http.method === 'GET' || raw ? { ok: true as const, value: { members: queryMembers(operation, event), numerals: {} } } : bodyMembers(event);
  if (!given.ok) return given;
  const { members, numerals } = given.value;
  const taken = takeFields<Takes<O>>(MLFLOW[operation].takes, { ...params, ...members }, numerals);
  if (!taken.ok) return taken;
  const body = raw ? Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8') : undefined;
  return operations[operation]({ operation, project: standing.value, params, fields: taken.value, given: members, body, caller, requestId, audit: facts });
};

/** A query's members. One that is a list by declaration is one however often it was named. */
const queryMembers = (operation: MlflowOperation, event: APIGatewayProxyEventV2): Record<string, unknown> => {
  const takes: Record<string, { kind: string }> = MLFLOW[operation].takes;
  const query = new URLSearchParams(event.rawQueryString);
  const members: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    members[name] = takes[name]?.kind === 'strings' ? values : values[0];
  }
  return members;
};

type Members = { members: Record<string, unknown>; numerals: Record<string, string> };

/** The body's members and how its numbers are spelled. Older clients encode their JSON twice. */
const bodyMembers = (event: APIGatewayProxyEventV2): Outcome<Members> => {
  const text = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '');
  if (text.trim() === '') return done({ members: {}, numerals: {} });
  const type = Object.entries(event.headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  if (type !== undefined && !/^application\/json\b/i.test(type)) return refuse('BAD_REQUEST', `Content-Type must be application/json, got ${type.slice(0, 100)}.`);
  const numerals: Record<string, string> = {};
  const keep = (name: string, value: unknown, { source }: { source?: string } = {}): unknown => {
    if (typeof value === 'number' && source !== undefined) numerals[name] = source;
    return value;
  };
  try {
    let read: unknown = JSON.parse(text, keep);
    if (typeof read === 'string') read = JSON.parse(read, keep);
    if (read === null) return done({ members: {}, numerals });
    if (typeof read === 'object' && !Array.isArray(read)) return done({ members: read as Record<string, unknown>, numerals });
  } catch {
    return invalid('the request body is not JSON');
  }
  return invalid('the request body must be a JSON object');
};

/** An answer that is no JSON: a file, or where one lies. */
export class Plain {
  readonly result: Result;
  constructor(result: Result) {
    this.result = { ...result, headers: { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', ...result.headers } };
  }
}

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

const respond = (outcome: Outcome<unknown>): Result =>
  outcome.ok && outcome.value instanceof Plain
    ? outcome.value.result
    : outcome.ok
      ? { statusCode: 200, headers: HEADERS, body: JSON.stringify(outcome.value ?? {}) }
      : {
          statusCode: outcome.problem.status,
          headers: outcome.problem.status === 429 ? { ...HEADERS, 'retry-after': String(RETRY_AFTER_S) } : HEADERS,
          body: JSON.stringify({ error_code: outcome.problem.title, message: outcome.problem.detail }),
        };
