import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { ROUTES } from '../../../config/catalog/routes.ts';
import { openApiDocument } from '../../../lambdas/domain/governance/openapi.ts';

const document = JSON.parse(JSON.stringify(openApiDocument())) as {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; 'x-roles': string[]; security?: unknown[]; parameters: { name: string; in: string }[] }>>;
  components: { schemas: Record<string, { required?: string[] }> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, path, ...operation })),
);

describe('openApiDocument', () => {
  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document) as never);
    assert.deepEqual({ valid, errors }, { valid: true, errors: undefined });
    assert.equal(document.openapi, '3.1.0');
  });

  it('resolves every reference', () => {
    const references = new Set([...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!));
    assert.ok(references.size > 50);
    for (const path of references)
      assert.ok(
        path.split('/').reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], document),
        path,
      );
  });

  it('has every route with its operation, its roles and its path parameters', () => {
    assert.deepEqual(operations.map(({ operationId }) => operationId).sort(), Object.keys(ROUTES).sort());
    for (const { operationId, route, path, security, parameters, 'x-roles': roles } of operations) {
      const declared = ROUTES[operationId as keyof typeof ROUTES];
      assert.equal(route, declared.route);
      assert.deepEqual(roles, declared.roles === 'public' ? ['public'] : declared.roles);
      assert.deepEqual(security, declared.roles === 'public' ? [] : undefined);
      assert.deepEqual(
        parameters.filter((each) => each.in === 'path').map(({ name }) => name),
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      );
    }
  });

  it('describes a body as it is sent: what has a default may be left out', () => {
    assert.deepEqual(document.components.schemas['RunRequest']?.required, ['model', 'datasetId']);
    assert.ok(document.components.schemas['Run']?.required?.includes('seed'));
  });

  it('is what stands in docs/openapi.json', () => {
    const stored = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8')) as unknown;
    assert.deepEqual(stored, document, 'run node cli/generate-openapi.ts');
  });
});
