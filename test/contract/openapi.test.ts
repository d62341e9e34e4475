import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { ROUTES } from '../../config/catalog/routes.ts';
import { ROOT } from '../../local/cloud/processes.ts';

const text = readFileSync(join(ROOT, 'docs', 'openapi.json'), 'utf8');
const document = JSON.parse(text) as { paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown>; 'x-roles': string[] }>> };

describe('docs/openapi.json', () => {
  it('is what the routes and schemas make', () => {
    const { status, stderr } = spawnSync(process.execPath, ['cli/generate-openapi.ts', '--check'], { cwd: ROOT, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });

  it('is valid OpenAPI', async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(text) as never);
    assert.ok(valid, JSON.stringify(errors));
  });

  it('has exactly the routes of the catalog, with their roles', () => {
    const published = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, 'x-roles': roles }]) => `${operationId} ${method.toUpperCase()} ${path}: ${roles.join(', ')}`),
    );
    const declared = Object.entries(ROUTES).map(([operation, { route, roles }]) => `${operation} ${route}: ${roles === 'public' ? 'public' : roles.join(', ')}`);
    assert.deepEqual(published.sort(), declared.sort());
  });

  it('says of every protected route how it refuses', () => {
    for (const methods of Object.values(document.paths)) {
      for (const { operationId, responses, 'x-roles': roles } of Object.values(methods)) {
        if (!roles.includes('public'))
          assert.deepEqual(
            ['401', '403'].filter((status) => !(status in responses)),
            [],
            operationId,
          );
      }
    }
  });
});
