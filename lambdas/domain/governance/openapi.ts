import * as z from 'zod';
import { type OperationId, ROUTES } from '../../../config/catalog/routes.ts';
import { VERSION } from '../../../config/version.ts';
import { OPERATIONS } from '../../contracts/operations.ts';
import { Problem } from '../../contracts/outcome.ts';

type Json = Record<string, unknown>;
const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' }) as Json;
  return rest;
};

const parametersOf = (schema: z.ZodObject | undefined, where: 'path' | 'query'): Json[] => {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, parameter]) => ({ name, in: where, required: where === 'path' || required.includes(name), schema: parameter }));
};

const PROBLEMS: Record<string, string> = { 400: 'The request is not valid', 401: 'No valid token', 403: 'The role may not', 404: 'Not found', 409: 'In conflict with what stands', 429: 'Too many requests', 500: 'A fault on our side' };

const operation = (id: OperationId): Json => {
  const { summary, roles, service } = ROUTES[id];
  const schemas: { params?: z.ZodObject; query?: z.ZodObject; body?: z.ZodType; response: z.ZodType; status?: number } = OPERATIONS[id];
  const page = schemas.response instanceof z.ZodString;
  return {
    operationId: id,
    summary,
    tags: [service],
    'x-roles': roles,
    security: roles === 'public' ? [] : [{ cognito: [] }],
    parameters: [...parametersOf(schemas.params, 'path'), ...parametersOf(schemas.query, 'query')],
    ...(schemas.body ? { requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(schemas.body, 'input') } } } } : {}),
    responses: {
      [String(schemas.status ?? 200)]: { description: summary, content: page ? { 'text/html': { schema: { type: 'string' } } } : { 'application/json': { schema: jsonSchema(schemas.response, 'output') } } },
      ...Object.fromEntries(Object.entries(PROBLEMS).map(([status, description]) => [status, { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } }])),
    },
  };
};

/** The API as OpenAPI 3.1, from the routes and the schemas that the functions themselves use. */
export const openApiDocument = (): Json => {
  const paths: Record<string, Json> = {};
  for (const id of Object.keys(ROUTES) as OperationId[]) {
    const [method, path] = ROUTES[id].route.split(' ') as [string, string];
    (paths[path] ??= {})[method.toLowerCase()] = operation(id);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Proband', version: VERSION, description: 'The whole life of a virtual patient model.', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: { Problem: jsonSchema(Problem, 'output') }, securitySchemes: { cognito: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A Cognito access token; `x-roles` lists the groups that may call' } } },
  };
};
