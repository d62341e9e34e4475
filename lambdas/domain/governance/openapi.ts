import * as z from 'zod';
import { type OperationId, ROUTES } from '../../../config/catalog/routes.ts';
import { VERSION } from '../../../config/version.ts';
import * as artifactCredentials from '../../contracts/artifact-credentials.ts';
import * as audit from '../../contracts/audit.ts';
import * as dataset from '../../contracts/dataset.ts';
import * as ids from '../../contracts/ids.ts';
import * as lineage from '../../contracts/lineage.ts';
import * as modelVersion from '../../contracts/model-version.ts';
import * as monitoring from '../../contracts/monitoring.ts';
import * as object from '../../contracts/object.ts';
import { OPERATIONS } from '../../contracts/operations.ts';
import * as outcome from '../../contracts/outcome.ts';
import * as prediction from '../../contracts/prediction.ts';
import * as principal from '../../contracts/principal.ts';
import * as project from '../../contracts/project.ts';
import * as review from '../../contracts/review.ts';
import * as rollout from '../../contracts/rollout.ts';
import * as run from '../../contracts/run.ts';
import * as trial from '../../contracts/trial.ts';
import * as upload from '../../contracts/upload.ts';

type Json = Record<string, unknown>;
type Schemas = Record<string, Json>;
type Declared = { params?: z.ZodObject; query?: z.ZodObject; body?: z.ZodType; response: z.ZodType; status?: number };

/** Every noun of the contracts is a component under its own name. */
const NOUNS = {
  ...artifactCredentials,
  ...audit,
  ...dataset,
  ...ids,
  ...lineage,
  ...modelVersion,
  ...monitoring,
  ...object,
  ...outcome,
  ...prediction,
  ...principal,
  ...project,
  ...review,
  ...rollout,
  ...run,
  ...trial,
  ...upload,
};

const PROBLEMS: Readonly<Record<string, string>> = {
  400: 'A field, its value and what is allowed',
  401: 'No valid token',
  403: 'Not for this role or person',
  404: 'Not found',
  409: 'In conflict with what stands',
  429: 'Too many requests',
  500: 'A fault on our side, to be quoted by its request id',
};

const declared = (id: OperationId): Declared => OPERATIONS[id];
const isPage = ({ response }: Declared): boolean => response instanceof z.ZodString;
const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** The API as OpenAPI 3.1, from the routes and the schemas that the functions themselves use. */
export const openApiDocument = (): Json => {
  const { names, requests, responses } = jsonSchemas();
  const paths: Record<string, Json> = {};
  for (const id of Object.keys(ROUTES) as OperationId[]) {
    const [method, path] = ROUTES[id].route.split(' ') as [string, string];
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(id, names, requests) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Proband', version: VERSION, description: 'Virtual patient models through their whole life.', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: [...new Set(Object.values(ROUTES).map(({ service }) => service))].map((name) => ({ name })),
    paths,
    components: {
      schemas: usedComponents(paths, requests, responses),
      responses: Object.fromEntries(
        Object.entries(PROBLEMS).map(([status, description]) => [`Problem${status}`, { description, content: { 'application/problem+json': { schema: reference('Problem') } } }]),
      ),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A Cognito access token; `x-roles` names the groups that may call an operation.' },
      },
    },
  };
};

/** The nouns and each operation's own schemas as JSON Schema 2020-12: as sent (`requests`) and as answered (`responses`). */
const jsonSchemas = (): { names: Map<z.ZodType, string>; requests: Schemas; responses: Schemas } => {
  const registry = z.registry<{ id: string }>();
  const names = new Map<z.ZodType, string>();
  const register = (name: string, schema: z.ZodType | undefined) => {
    if (!schema || names.has(schema)) return;
    names.set(schema, name);
    registry.add(schema, { id: name });
  };
  for (const [name, noun] of Object.entries(NOUNS)) if (noun instanceof z.ZodType) register(name, noun);
  register('EmptyRequest', OPERATIONS.createCheckpoint.body);
  for (const id of Object.keys(ROUTES) as OperationId[]) {
    const { params, query, body, response } = declared(id);
    const own = id[0]!.toUpperCase() + id.slice(1);
    register(`${own}Params`, params);
    register(`${own}Query`, query);
    register(`${own}Request`, body);
    if (!isPage(declared(id))) register(`${own}Response`, response);
  }
  const convert = (io: 'input' | 'output'): Schemas => {
    const { schemas } = z.toJSONSchema(registry, {
      io,
      target: 'draft-2020-12',
      unrepresentable: 'any',
      uri: (name) => `#/components/schemas/${name}`,
      // an answer may gain members: a client ignores those that it does not know
      override: ({ jsonSchema }) => void (io === 'output' && jsonSchema.additionalProperties === false && delete jsonSchema.additionalProperties),
    }) as { schemas: Schemas };
    return Object.fromEntries(Object.entries(schemas).map(([name, { $schema: _schema, $id: _id, id: _name, ...schema }]) => [name, schema]));
  };
  return { names, requests: convert('input'), responses: convert('output') };
};

const operation = (id: OperationId, names: ReadonlyMap<z.ZodType, string>, requests: Schemas): Json => {
  const { summary, roles, service } = ROUTES[id];
  const { params, query, body, response, status = 200 } = declared(id);
  const open = roles === 'public';
  const content = isPage(declared(id)) ? { 'text/html': { schema: { type: 'string' } } } : { 'application/json': { schema: reference(names.get(response)!) } };
  return {
    operationId: id,
    summary,
    description: open ? 'For everybody.' : `For ${roles.join(', ')}.`,
    tags: [service],
    'x-roles': open ? ['public'] : roles,
    ...(open ? { security: [] } : {}),
    parameters: [...parameters(params, 'path', names, requests), ...parameters(query, 'query', names, requests)],
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: reference(names.get(body)!) } } } } : {}),
    responses: {
      [String(status)]: { description: summary, content },
      ...Object.fromEntries(problemsOf(id).map((code) => [code, { $ref: `#/components/responses/Problem${code}` }])),
    },
  };
};

/** Which problems an operation can answer with. */
const problemsOf = (id: OperationId): string[] => {
  const { params, query, body } = declared(id);
  const open = ROUTES[id].roles === 'public';
  return Object.keys(PROBLEMS).filter((code) => {
    if (code === '400') return Boolean(params ?? query ?? body);
    if (code === '401' || code === '403') return !open;
    if (code === '404') return Boolean(params);
    if (code === '409') return Boolean(body);
    return true;
  });
};

const parameters = (schema: z.ZodObject | undefined, where: 'path' | 'query', names: ReadonlyMap<z.ZodType, string>, requests: Schemas): Json[] => {
  if (!schema) return [];
  const { properties = {}, required = [] } = requests[names.get(schema)!] as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...parameter }]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...(description ? { description } : {}),
    schema: parameter,
  }));
};

/** The components that the paths lead to. A body is described as it is sent, everything else as it is answered. */
const usedComponents = (paths: Record<string, Json>, requests: Schemas, responses: Schemas): Schemas => {
  const used: Schemas = {};
  const bodies = new Set<string>();
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'requestBody') for (const name of namesIn(value)) bodies.add(name);
      const name = key === '$ref' && typeof value === 'string' ? componentName(value) : undefined;
      if (name !== undefined && !(name in used)) {
        used[name] = (bodies.has(name) ? requests : responses)[name]!;
        visit(used[name]);
      }
      visit(value);
    }
  };
  visit(paths);
  visit(reference('Problem'));
  return Object.fromEntries(Object.entries(used).sort(([a], [b]) => (a < b ? -1 : 1)));
};

const componentName = (ref: string): string | undefined => /^#\/components\/schemas\/(.+)$/.exec(ref)?.[1];
const namesIn = (node: unknown): string[] => [...JSON.stringify(node).matchAll(/#\/components\/schemas\/([A-Za-z0-9]+)"/g)].map(([, name]) => name!);
