import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENVIRONMENTS, resourcesOf, stacksOf } from './assembly.ts';

type Statement = { Effect: string; Action: string | string[]; Resource: unknown; Condition?: unknown };

/** Which functions may sign with the key whose export has this word in its name. */
const signersWith = (stacks: Awaited<ReturnType<typeof stacksOf>>, key: string): { role: string; statement: Statement }[] =>
  resourcesOf(stacks, 'AWS::IAM::Policy').flatMap(([role, { Properties }]) =>
    (Properties.PolicyDocument.Statement as Statement[])
      .filter(
        ({ Effect, Action, Resource }) =>
          Effect === 'Allow' && [Action].flat().some((action) => action === 'kms:Sign' || action === 'kms:*' || action === '*') && JSON.stringify(Resource).includes(key),
      )
      .map((statement) => ({ role, statement })),
  );

for (const name of ENVIRONMENTS) {
  test(`${name}: only the function that decides reviews signs with the signature key, by one algorithm`, async () => {
    const [signer, ...others] = signersWith(await stacksOf(name), 'signatureKey');
    assert.ok(signer);
    assert.deepEqual(others, []);
    assert.match(signer.role, /^ReviewSigning/);
    assert.deepEqual(signer.statement.Condition, { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' } });
  });

  test(`${name}: only governance signs checkpoints`, async () => {
    const signers = signersWith(await stacksOf(name), 'checkpointKey');
    assert.equal(signers.length, 2);
    for (const { role } of signers) assert.match(role, /^Governance/);
  });

  test(`${name}: only the keeper of its token and the signer wake a waiting review`, async () => {
    const stacks = await stacksOf(name);
    const wakers = resourcesOf(stacks, 'AWS::IAM::Policy').filter(([, { Properties }]) =>
      (Properties.PolicyDocument.Statement as Statement[]).some(
        ({ Action, Resource }) => [Action].flat().includes('states:SendTaskSuccess') && JSON.stringify(Resource).includes(`stateMachine:proband-${name}-review`),
      ),
    );
    assert.deepEqual(wakers.map(([id]) => id.replace(/Role.*$/, '')).sort(), ['ReviewAwaitDecision', 'ReviewSigning']);
  });
}
