import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type OperationId, ROUTES } from '../../config/catalog/routes.ts';
import { Problem } from '../../lambdas/contracts/outcome.ts';
import { ROLES, type Role } from '../../lambdas/contracts/principal.ts';
import type { World } from './world.ts';

type Answer = { status: number; type: string; problem: Problem };

const protectedOperations = (Object.keys(ROUTES) as OperationId[]).filter((operation) => ROUTES[operation].roles !== 'public');
const mayCall = (operation: OperationId, role: Role) => (ROUTES[operation].roles as readonly string[]).includes(role);
const pathOf = (operation: OperationId) => ROUTES[operation].route.split(' ')[1]!.replace(/\{\w+\}/g, 'nothing');
const methodOf = (operation: OperationId) => ROUTES[operation].route.split(' ')[0]!;

const call = async ({ cloud }: World, method: string, path: string, token: string | null, body?: string): Promise<Answer> => {
  const response = await fetch(`${cloud.apiUrl}${path}`, {
    method,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  assert.ok(response.status < 500, `${method} ${path} answered ${response.status}`);
  assert.doesNotMatch(text, /\bat .+:\d+:\d+/, `${method} ${path} shows a stack`);
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, problem: type.startsWith('application/problem+json') ? Problem.parse(JSON.parse(text)) : (text as never) };
};

const bodyOf = (operation: OperationId) => (methodOf(operation) === 'POST' ? '{}' : undefined);

/** A refused request: who asks, what is wrong with which field, and what is said to be allowed. */
const REFUSED: { role: Role; route: string; body?: unknown; field: string; value?: unknown; allowed: RegExp }[] = [
  { role: 'data-scientist', route: 'POST /v1/uploads', body: { source: 'iwpc', bytes: -5, sha256: '0'.repeat(64) }, field: 'bytes', value: -5, allowed: />=\s?1\b/ },
  { role: 'data-scientist', route: 'POST /v1/uploads', body: { source: 'iwpc', bytes: 5, sha256: 'short' }, field: 'sha256', value: 'short', allowed: /64 lower-case hex/ },
  { role: 'data-scientist', route: 'POST /v1/uploads', body: { source: 'paper', bytes: 5, sha256: '0'.repeat(64) }, field: 'source', value: 'paper', allowed: /synthetic-cohort/ },
  {
    role: 'data-scientist',
    route: 'POST /v1/source-checks',
    body: { source: 'paper', bytes: 5, sha256: '0'.repeat(64) },
    field: 'source',
    value: 'paper',
    allowed: /synthetic-cohort/,
  },
  { role: 'data-scientist', route: 'POST /v1/source-checks', body: { bytes: 5, sha256: '0'.repeat(64) }, field: 'source', allowed: /or map, not both/ },
  {
    role: 'data-scientist',
    route: 'POST /v1/source-drafts',
    body: { name: 'My Clinic', bytes: 5, sha256: '0'.repeat(64) },
    field: 'name',
    value: 'My Clinic',
    allowed: /lower-case/,
  },
  { role: 'data-scientist', route: 'GET /v1/source-checks/17', field: 'checkId', value: '17', allowed: /chk_/ },
  { role: 'data-scientist', route: 'GET /v1/uploads/17', field: 'uploadId', value: '17', allowed: /upl_/ },
  { role: 'data-scientist', route: 'GET /v1/runs?limit=0', field: 'limit', value: '0', allowed: />=\s?1\b/ },
  { role: 'data-scientist', route: 'GET /v1/runs?limit=many', field: 'limit', value: 'many', allowed: /number/ },
  { role: 'data-scientist', route: 'POST /v1/runs', body: { model: 'warfarin', datasetId: 'the-best' }, field: 'datasetId', value: 'the-best', allowed: /ds_/ },
  { role: 'data-scientist', route: 'POST /v1/runs', body: { model: 'warfarin', datasetId: 'ds_00000000', seed: -1 }, field: 'seed', value: -1, allowed: />=\s?0\b/ },
  { role: 'data-scientist', route: 'POST /v1/trials', body: { model: 'warfarin', version: 1, design: 'none-such' }, field: 'design', value: 'none-such', allowed: /eu-pact/ },
  { role: 'data-scientist', route: 'POST /v1/trials', body: { model: 'warfarin', version: 0, design: 'eu-pact' }, field: 'version', value: 0, allowed: />=\s?1\b/ },
  { role: 'ml-engineer', route: 'POST /v1/models/warfarin/rollouts', body: { version: 'newest' }, field: 'version', value: 'newest', allowed: /number/ },
  { role: 'clinician', route: 'GET /v1/models/Warfarin!/versions', field: 'model', value: 'Warfarin!', allowed: /lower-case/ },
  {
    role: 'clinician',
    route: 'POST /v1/models/warfarin/predictions',
    body: { subjectKey: 'a', features: { age_decade: 5, weight_kg: 6800 } },
    field: 'features.weight_kg',
    value: 6800,
    allowed: /15 to 350 kg/,
  },
  {
    role: 'clinician',
    route: 'POST /v1/models/warfarin/predictions',
    body: { subjectKey: 'a', features: { age_decade: 5, cyp2c9: '*9/*9' } },
    field: 'features.cyp2c9',
    value: '*9/*9',
    allowed: /\*1\/\*3/,
  },
  {
    role: 'clinician',
    route: 'POST /v1/models/warfarin/predictions',
    body: { subjectKey: 'a', features: { age_decade: 5, shoe_size: 42 } },
    field: 'features.shoe_size',
    value: 42,
    allowed: /./,
  },
  { role: 'auditor', route: 'GET /v1/audit/export?limit=999999', field: 'limit', value: '999999', allowed: /<=\s?3000\b/ },
  { role: 'auditor', route: 'GET /v1/audit/export?from=99999999', field: 'from', value: 99_999_999, allowed: /\d/ },
];

const ABSENT: { role: Role; route: string; body?: unknown }[] = [
  { role: 'data-scientist', route: 'GET /v1/nowhere' },
  { role: 'data-scientist', route: 'GET /v1/uploads/upl_00000000' },
  { role: 'auditor', route: 'GET /v1/datasets/ds_00000000' },
  { role: 'auditor', route: 'GET /v1/runs/run_00000000' },
  { role: 'auditor', route: 'GET /v1/models/warfarin/versions/999' },
  { role: 'auditor', route: 'GET /v1/models/none-such/deployment' },
  { role: 'auditor', route: 'GET /v1/trials/trl_00000000' },
  { role: 'auditor', route: 'GET /v1/lineage/ds_00000000' },
  { role: 'data-scientist', route: 'POST /v1/runs', body: { model: 'warfarin', datasetId: 'ds_00000000' } },
  { role: 'ml-engineer', route: 'POST /v1/models/warfarin/rollouts', body: { version: 999 } },
  { role: 'clinician', route: 'POST /v1/models/none-such/predictions', body: { subjectKey: 'a', features: {} } },
];

export const refusals = (world: () => World): void => {
  describe('what the API refuses', () => {
    it('401 on every route without a token, and with one that is not ours', async () => {
      for (const operation of protectedOperations) {
        const { status } = await call(world(), methodOf(operation), pathOf(operation), null, bodyOf(operation));
        assert.equal(status, 401, operation);
      }
      const [head, , signature] = (await world().cloud.people.token('clinician')).split('.');
      const forged = [head, Buffer.from(JSON.stringify({ sub: 'someone', 'cognito:groups': ['clinician'] })).toString('base64url'), signature].join('.');
      for (const token of ['not-a-token', forged]) assert.equal((await call(world(), 'GET', '/v1/reviews', token)).status, 401);
    });

    it('403 on every route for every role that may not call it', async () => {
      let refused = 0;
      for (const role of ROLES) {
        const token = await world().cloud.people.token(role);
        for (const operation of protectedOperations.filter((each) => !mayCall(each, role))) {
          const { status, problem } = await call(world(), methodOf(operation), pathOf(operation), token, bodyOf(operation));
          assert.equal(status, 403, `${role} ${operation}`);
          assert.match(problem.detail, new RegExp(`^${operation} is for .+; this token has ${role}$`));
          refused++;
        }
      }
      assert.ok(refused >= ROLES.length, 'each role has a route that it may not call');
    });

    it('400 names the field, the value and what is allowed, in one line', async () => {
      for (const { role, route, body, field, value, allowed } of REFUSED) {
        const [method, path] = route.split(' ') as [string, string];
        const answer = await call(world(), method, path, await world().cloud.people.token(role), body === undefined ? undefined : JSON.stringify(body));
        const said = `${route} ${JSON.stringify(body ?? '')}: ${answer.status} ${JSON.stringify(answer.problem)}`;
        assert.equal(answer.status, 400, said);
        const error = answer.problem.errors?.find((each) => each.field === field);
        assert.ok(error, said);
        assert.deepEqual(error.value, value, said);
        assert.match(error.allowed, allowed, said);
        assert.doesNotMatch(answer.problem.detail, /\n/);
        assert.ok(answer.problem.requestId, said);
      }
    });

    it('400 on a body that is not JSON', async () => {
      const { status, problem } = await call(world(), 'POST', '/v1/runs', await world().cloud.people.token('data-scientist'), '{"model": warfarin}');
      assert.deepEqual([status, problem.detail], [400, 'the body is not JSON']);
    });

    it('404 on what is not there', async () => {
      for (const { role, route, body } of ABSENT) {
        const [method, path] = route.split(' ') as [string, string];
        const { status } = await call(world(), method, path, await world().cloud.people.token(role), body === undefined ? undefined : JSON.stringify(body));
        assert.equal(status, 404, route);
      }
    });
  });
};
