import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Outcome } from '../../../lambdas/contracts/outcome.ts';
import type { Principal, Role } from '../../../lambdas/contracts/principal.ts';
import { HOME_PROJECT, type Project, ProjectRequest } from '../../../lambdas/contracts/project.ts';
import { mayCall } from '../../../lambdas/domain/mlflow/access.ts';
import { changedProject, newProject, shownTo } from '../../../lambdas/domain/projects/settings.ts';

const person = (username: string, ...roles: Role[]): Principal => ({ subject: username, username, roles, authentication: 'cognito-jwt' });
const ann = person('ann', 'data-scientist');
const bob = person('bob', 'ml-engineer');
const AT = '2026-01-01T00:00:00.000Z';
const made = (request: object, by = ann): Project => newProject(ProjectRequest.parse({ project: 'dose', ...request }), by, AT);
const status = (outcome: Outcome<unknown>): number => (outcome.ok ? 200 : outcome.problem.status);
const valueIn = <T>(outcome: Outcome<T>): T => {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.problem.detail);
  return outcome.value;
};

describe('a project', () => {
  it('is for everyone, and its Production needs a signature, unless asked otherwise', () => {
    assert.deepEqual(made({}), { project: 'dose', access: 'everyone', members: {}, production: 'signed', createdAt: AT, createdBy: 'ann' });
  });

  it('for members has its maker among them, by the roles that make projects', () => {
    assert.deepEqual(made({ access: 'members' }, person('cleo', 'ml-engineer', 'clinician')).members, { cleo: ['ml-engineer'] });
    assert.deepEqual(made({ access: 'members', members: { ann: ['ml-engineer'] } }).members, { ann: ['ml-engineer'] });
  });

  it('for members is closed to everybody else, by both faces, but for the auditor’s look at its settings', () => {
    const project = made({ access: 'members', members: { dan: ['data-scientist'] } });
    assert.equal(status(shownTo('dose', project, ann)), 200);
    assert.equal(status(shownTo('dose', project, bob)), 403);
    assert.equal(status(shownTo('dose', project, person('eve', 'auditor'))), 200);
    for (const operation of ['searchRuns', 'getRun', 'createRun', 'getArtifact', 'searchRegisteredModels'] as const) {
      assert.equal(status(mayCall(operation, project, ann)), 200, operation);
      const refused = mayCall(operation, project, bob);
      assert.ok(!refused.ok && refused.problem.title === 'PERMISSION_DENIED', operation);
    }
    // membership narrows a role, it never makes one
    assert.equal(status(mayCall('createRun', project, person('dan', 'clinician'))), 403);
  });

  it('lets the platform’s own role do what the relay of a training needs, in the project of its trainings, and nothing else', () => {
    const relay: Principal = { subject: 'arn:aws:sts::111122223333:assumed-role/relay/job', username: 'relay', roles: ['service'], authentication: 'iam-role' };
    const home = { ...made({ access: 'everyone' }), project: HOME_PROJECT };
    for (const operation of ['createRun', 'logBatch', 'putArtifact', 'searchRuns'] as const) {
      assert.equal(status(mayCall(operation, home, relay)), 200, operation);
      assert.equal(status(mayCall(operation, made({ access: 'everyone' }), relay)), 403, operation);
    }
    for (const operation of ['deleteRun', 'deleteArtifact', 'getArtifact', 'createRegisteredModel', 'transitionStage'] as const)
      assert.equal(status(mayCall(operation, home, relay)), 403, operation);
  });

  it('is there or not', () => {
    assert.equal(status(shownTo('dose', null, ann)), 404);
  });
});

describe('a change of a project', () => {
  const change = (project: Project, wanted: object, caller = ann, hasModels = false) => changedProject(project, wanted, caller, hasModels);

  it('adds, changes and takes away the members that it names', () => {
    const project = made({ access: 'members', members: { bob: ['ml-engineer'], cid: ['clinician'] } });
    const changed = valueIn(change(project, { members: { bob: null, dan: ['auditor'] }, description: 'of warfarin' }));
    assert.deepEqual(changed.members, { ann: ['data-scientist'], cid: ['clinician'], dan: ['auditor'] });
    assert.equal(changed.description, 'of warfarin');
  });

  it('never leaves a project for members without one that may change it', () => {
    const project = made({ access: 'members', members: { cid: ['clinician'] } });
    assert.equal(status(change(project, { members: { ann: null } })), 409);
    assert.equal(status(change(made({}), { access: 'members' })), 409);
    assert.equal(status(change(made({}), { access: 'members', members: { ann: ['data-scientist'] } })), 200);
  });

  it('opens Production only while there is no model; signs it always', () => {
    assert.equal(status(change(made({}), { production: 'open' }, ann, true)), 409);
    assert.equal(valueIn(change(made({}), { production: 'open' }, ann, false)).production, 'open');
    assert.equal(valueIn(change(made({ production: 'open' }), { production: 'signed' }, ann, true)).production, 'signed');
    assert.equal(status(change(made({ production: 'open' }), { production: 'open' }, ann, true)), 200);
  });

  it('is for its data scientists and ML engineers', () => {
    assert.equal(status(change(made({ access: 'members' }), { description: 'x' }, bob)), 403);
    assert.equal(status(change(made({}), { description: 'x' }, person('eve', 'auditor'))), 403);
    assert.equal(status(change(made({}), { description: 'x' }, bob)), 200);
  });

  it('does not reach what this installation signs and serves', () => {
    assert.equal(status(change({ ...made({}), project: 'proband' }, { production: 'open' })), 409);
  });
});
