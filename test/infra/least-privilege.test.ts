import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ENVIRONMENTS, type Stacks, resourcesOf, stacksOf } from './assembly.ts';

type Statement = { Effect: string; Action: string | string[]; Resource: unknown; Condition?: unknown };

/** The rows of the page's table: `| action | why |`. */
const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'least-privilege.md'), 'utf8');
const ALLOWED = new Set([...PAGE.matchAll(/^\| `([a-z0-9-]+:[A-Za-z]+)` \| [^`]/gm)].map(([, action]) => action!));

const statementsOf = (stacks: Stacks): [string, Statement][] => [
  ...['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) =>
    resourcesOf(stacks, type).flatMap(([id, { Properties }]) => Properties.PolicyDocument.Statement.map((statement: Statement) => [id, statement] as [string, Statement])),
  ),
  ...resourcesOf(stacks, 'AWS::IAM::Role').flatMap(([id, { Properties }]) =>
    (Properties.Policies ?? []).flatMap(({ PolicyDocument }: { PolicyDocument: { Statement: Statement[] } }) =>
      PolicyDocument.Statement.map((statement) => [id, statement] as [string, Statement]),
    ),
  ),
];

/** The rows of `What may be deleted`: `| action | where | what |`. */
const DELETED = Map.groupBy(
  [...PAGE.matchAll(/^\| `([a-z0-9-]+:[A-Za-z]+)` \| `([^`]+)` \|/gm)].map(([, action, where]) => ({ action: action!, where: where! })),
  ({ action }) => action,
)
  .entries()
  .reduce((map, [action, rows]) => map.set(action, new Set(rows.map(({ where }) => where))), new Map<string, Set<string>>());

/** The partitions that a statement's condition leaves, or the prefixes of its objects. */
const whereOf = (action: string, { Resource, Condition }: Statement): string[] => {
  const leading = (Condition as { 'ForAllValues:StringLike'?: { 'dynamodb:LeadingKeys'?: string | string[] } } | undefined)?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
  if (action.startsWith('dynamodb:')) return listOf(leading ?? 'every partition');
  return listOf(Resource).map((resource) => /\/([^/"]+\/\*)"/.exec(JSON.stringify(resource))?.[1] ?? JSON.stringify(resource));
};

const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
const seen = new Set<string>();

for (const name of ENVIRONMENTS) {
  const statements = statementsOf(await stacksOf(name));

  test(`${name}: no role may do anything by a wildcard`, () => {
    assert.ok(statements.length > 50, `${statements.length} statements were read`);
    for (const [id, { Action, Effect }] of statements) {
      assert.equal(Effect, 'Allow', id);
      for (const action of listOf(Action)) assert.doesNotMatch(action, /[*?]/, `${id}: ${action}`);
    }
  });

  test(`${name}: only the actions listed in docs/least-privilege.md may be done to every resource`, () => {
    for (const [id, { Action, Resource }] of statements) {
      if (!listOf(Resource).includes('*')) continue;
      for (const action of listOf(Action)) {
        seen.add(action);
        assert.ok(ALLOWED.has(action), `${id}: ${action} on every resource`);
      }
    }
  });

  test(`${name}: who reads the artifacts of all projects writes nothing into the registry`, () => {
    const resources = (of: Statement) => JSON.stringify(of.Resource);
    const may = (id: string, actions: readonly string[], where: RegExp) =>
      statements.some(([other, statement]) => other === id && listOf(statement.Action).some((action) => actions.includes(action)) && where.test(resources(statement)));
    const readers = [...new Set(statements.map(([id]) => id))].filter((id) => may(id, ['s3:GetObject', 's3:GetObjectVersion'], /\/projects\/\*"/));
    assert.ok(readers.length > 0, 'somebody serves artifacts');
    for (const id of readers) assert.ok(!may(id, ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:BatchWriteItem', 'dynamodb:DeleteItem'], /registry/i), id);
    assert.ok(
      statements.some(([id]) => may(id, ['dynamodb:PutItem'], /registry/i)),
      'and somebody else writes the registry',
    );
  });

  test(`${name}: nobody may delete or alter what is kept`, () => {
    const forbidden =
      /^(s3:(Delete|PutBucket|BypassGovernance)|dynamodb:(Delete|UpdateTable)|kms:(ScheduleKeyDeletion|DisableKey|PutKeyPolicy)|cloudtrail:|iam:(Create|Attach|Put))/;
    for (const [id, statement] of statements) {
      for (const action of listOf(statement.Action)) {
        if (DELETED.has(action)) for (const where of whereOf(action, statement)) assert.ok(DELETED.get(action)!.has(where), `${id}: ${action} on ${where}`);
        else assert.doesNotMatch(action, forbidden, id);
      }
    }
  });

  test(`${name}: no role may scan a table`, () => {
    for (const [id, { Action }] of statements) for (const action of listOf(Action)) assert.doesNotMatch(action, /^dynamodb:(Scan|PartiQL)/, id);
  });

  test(`${name}: a role is passed to SageMaker only`, () => {
    for (const [id, { Action, Condition }] of statements)
      if (listOf(Action).includes('iam:PassRole')) assert.deepEqual(Condition, { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } }, id);
  });
}

test('every row of docs/least-privilege.md is needed', () => {
  assert.deepEqual(
    [...ALLOWED].filter((action) => !seen.has(action)),
    [],
  );
});
