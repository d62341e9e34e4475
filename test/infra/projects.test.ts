import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENVIRONMENTS, type Resource, resourcesOf, stacksOf } from './assembly.ts';

type Statement = { Action: string | string[]; Resource: unknown; Condition?: Record<string, unknown> };
const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

for (const name of ENVIRONMENTS) {
  const stacks = await stacksOf(name);
  const [roleId, role] = resourcesOf(stacks, 'AWS::IAM::Role').find(([, { Properties }]) => Properties.RoleName === `proband-${name}-project-artifacts`)!;
  const policies = resourcesOf(stacks, 'AWS::IAM::Policy').map(([, { Properties }]) => Properties);
  const statementsOf = (id: string): Statement[] =>
    policies.filter(({ Roles }) => Roles.some(({ Ref }: { Ref: string }) => Ref === id)).flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const functionOf = (handler: string): Resource =>
    resourcesOf(stacks, 'AWS::Lambda::Function').find(([, { Properties }]) => Properties.FunctionName === `proband-${name}-${handler}`)![1];
  const roleOf = (handler: string): string => functionOf(handler).Properties.Role['Fn::GetAtt'][0];
  const actionsOf = (statements: Statement[]) => statements.flatMap(({ Action }) => listOf(Action)).sort();

  test(`${name}: the role of projects’ artifacts is taken on by one function alone, for an hour at most`, () => {
    const { Statement } = role.Properties.AssumeRolePolicyDocument;
    assert.equal(Statement.length, 1);
    assert.deepEqual(Statement[0].Principal, { AWS: { 'Fn::GetAtt': [roleOf('projects-credentials'), 'Arn'] } });
    assert.equal(role.Properties.MaxSessionDuration, 3600);
    const takers = policies.filter(({ PolicyDocument }) => actionsOf(PolicyDocument.Statement).includes('sts:AssumeRole') && JSON.stringify(PolicyDocument).includes(roleId));
    assert.equal(takers.length, 1);
  });

  test(`${name}: it reads and writes what lies below projects/, by S3 alone, and deletes nothing`, () => {
    const statements = statementsOf(roleId);
    assert.deepEqual(actionsOf(statements), [
      'kms:Decrypt',
      'kms:GenerateDataKey',
      's3:AbortMultipartUpload',
      's3:GetObject',
      's3:ListBucket',
      's3:ListMultipartUploadParts',
      's3:PutObject',
    ]);
    for (const { Action, Resource, Condition } of statements) {
      const actions = listOf(Action);
      if (actions.includes('s3:GetObject')) assert.match(JSON.stringify(Resource), /\/projects\/\*"/);
      if (actions.includes('s3:ListBucket')) assert.deepEqual(Condition, { StringLike: { 's3:prefix': ['projects/*'] } });
      if (actions.includes('kms:Decrypt')) assert.match(JSON.stringify(Condition), /"kms:ViaService":"s3\./);
    }
  });

  test(`${name}: who hands out credentials reads no object and writes no document`, () => {
    const actions = actionsOf(statementsOf(roleOf('projects-credentials')));
    for (const action of actions) assert.doesNotMatch(action, /^s3:|^dynamodb:(Put|Update|Delete|BatchWrite)/);
    assert.ok(actions.includes('sts:AssumeRole'));
  });

  test(`${name}: who changes projects writes their partition of one table and no other`, () => {
    const writes = statementsOf(roleOf('projects-api')).filter(({ Action }) => listOf(Action).includes('dynamodb:PutItem'));
    assert.equal(writes.length, 1);
    assert.deepEqual(writes[0]!.Condition, { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['PROJECTS'] } });
  });
}
