import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Function as LambdaFunction, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { ROLLOUT_STAGES } from '../../../config/catalog/rollout.ts';
import { environmentOf } from '../../../config/environments/environment.ts';
import type { Platform } from '../../../infra/constructs/platform.ts';
import { RolloutMachine } from '../../../infra/workflows/rollout.ts';

type State = { Type: string; Next?: string; Seconds?: number; Retry?: unknown[]; Catch?: { Next: string }[]; Choices?: { StringEquals: string; Next: string }[]; Default?: string };

const environment = environmentOf('dev');
const stack = new Stack(new App(), 'Test', { env: { account: '123456789012', region: environment.region } });
const fn = (id: string): IFunction => LambdaFunction.fromFunctionArn(stack, id, `arn:aws:lambda:${environment.region}:123456789012:function:${id}`);
new RolloutMachine(stack, 'Rollout', { environment, keys: { logs: new Key(stack, 'Logs') } } as unknown as Platform, {
  verifySignature: fn('verify'),
  enterStage: fn('enter'),
  judgeStage: fn('judge'),
  rollBack: fn('back'),
  completeRollout: fn('complete'),
  refuseRollout: fn('refuse'),
});
const [machine] = Object.values(Template.fromStack(stack).findResources('AWS::StepFunctions::StateMachine'));
const definition = machine!['Properties'].DefinitionString as string | { 'Fn::Join': [string, unknown[]] };
const text = typeof definition === 'string' ? definition : definition['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'token')).join('');
const { StartAt, States: states } = JSON.parse(text) as { StartAt: string; States: Record<string, State> };
const reachable = (from: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(from)) return seen;
  seen.add(from);
  const { Next, Choices = [], Default, Catch = [] } = states[from]!;
  for (const next of [Next, Default, ...Choices.map((choice) => choice.Next), ...Catch.map((each) => each.Next)]) if (next) reachable(next, seen);
  return seen;
};

describe('the rollout machine', () => {
  it('enters no stage before the signature has verified', () => {
    assert.equal(StartAt, 'VerifySignature');
    const { Choices, Default } = states['SignatureVerified']!;
    assert.deepEqual(
      Choices!.map(({ StringEquals, Next }) => [StringEquals, Next]),
      [['verified', 'EnterShadow']],
    );
    assert.equal(Default, 'RefuseRollout');
    assert.ok(![...reachable('RefuseRollout')].some((name) => name.startsWith('Enter')));
  });

  it('bakes and judges every stage in order, goes on only when told to, and back otherwise', () => {
    const titles = ['Shadow', 'Canary5', 'Canary25', 'Production'];
    ROLLOUT_STAGES.forEach(({ bake }, index) => {
      const title = titles[index]!;
      assert.equal(states[`Enter${title}`]!.Next, `Bake${title}`);
      assert.equal(states[`Bake${title}`]!.Seconds, environment.bakeSeconds[bake]);
      assert.equal(states[`Bake${title}`]!.Next, `Judge${title}`);
      assert.equal(states[`Judge${title}`]!.Next, `Decide${title}`);
      const next = titles[index + 1] ? `Enter${titles[index + 1]}` : 'CompleteRollout';
      assert.deepEqual(
        states[`Decide${title}`]!.Choices!.map(({ StringEquals, Next }) => [StringEquals, Next]),
        [
          ['go-on', next],
          ['bake-again', `Bake${title}`],
        ],
      );
      assert.equal(states[`Decide${title}`]!.Default, 'RollBack');
    });
  });

  it('tries every task again, and rolls back when one has failed for good', () => {
    for (const [name, { Type, Retry, Catch }] of Object.entries(states)) {
      if (Type !== 'Task') continue;
      assert.ok(Retry?.length, name);
      if (name !== 'RollBackAfterFault') assert.equal(Catch?.[0]?.Next, 'RollBackAfterFault', name);
    }
    assert.equal(states['RollBackAfterFault']!.Next, 'Faulted');
    assert.equal(states['Faulted']!.Type, 'Fail');
  });
});
