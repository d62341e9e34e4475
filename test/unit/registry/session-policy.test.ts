import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessOf, sessionPolicy } from '../../../lambdas/domain/artifacts/session-policy.ts';

const bucketArn = 'arn:aws:s3:::artifacts';
const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/1';
const policy = (prefix: string, access: 'read' | 'read-write') => sessionPolicy({ bucketArn, keyArn, prefix, access }).Statement;
const actions = (access: 'read' | 'read-write') => policy('projects/dose', access).flatMap(({ Action }) => Action);

describe('a session’s policy', () => {
  it('leaves objects and list of one prefix', () => {
    const [objects, list, key] = policy('projects/dose/3/abc/artifacts', 'read-write');
    assert.deepEqual(objects!.Resource, ['arn:aws:s3:::artifacts/projects/dose/3/abc/artifacts/*']);
    assert.deepEqual(list!.Resource, [bucketArn]);
    assert.deepEqual(list!.Condition, { StringLike: { 's3:prefix': ['projects/dose/3/abc/artifacts', 'projects/dose/3/abc/artifacts/*'] } });
    assert.deepEqual(key!.Resource, [keyArn]);
  });

  it('writes only where asked to, and deletes nothing', () => {
    assert.deepEqual(actions('read'), ['s3:GetObject', 's3:ListBucket', 'kms:Decrypt']);
    assert.ok(actions('read-write').includes('s3:PutObject'));
    for (const action of actions('read-write')) assert.doesNotMatch(action, /Delete|\*/);
  });

  it('takes a prefix by its letters: no pattern, no variable', () => {
    const [objects] = policy(['projects/dose/*/a?', '{aws:username}'].join('$'), 'read');
    assert.deepEqual(objects!.Resource, [['arn:aws:s3:::artifacts/projects/dose/', '{*}/a', '{?}', '{', '}{aws:username}/*'].join('$')]);
  });

  it('fits STS: at most 2,048 characters for the longest prefix', () => {
    assert.ok(
      JSON.stringify(
        sessionPolicy({
          bucketArn: bucketArn.padEnd(76, 'x'),
          keyArn: keyArn.padEnd(90, '0'),
          prefix: `projects/${'p'.repeat(63)}/${'1'.repeat(18)}/${'a'.repeat(32)}/artifacts`,
          access: 'read-write',
        }),
      ).length < 2048,
    );
  });

  it('is of who has a role in the project', () => {
    const project = { project: 'dose', access: 'members', members: { ann: ['data-scientist'], eve: ['auditor'] }, production: 'signed', createdAt: '', createdBy: 'ann' } as const;
    const of = (username: string, role: 'data-scientist' | 'auditor') =>
      accessOf({ ...project, members: { ann: ['data-scientist'], eve: ['auditor'] } }, { subject: username, username, roles: [role], authentication: 'cognito-jwt' });
    assert.equal(of('ann', 'data-scientist'), 'read-write');
    assert.equal(of('eve', 'auditor'), 'read');
    assert.equal(of('bob', 'data-scientist'), undefined);
  });
});
