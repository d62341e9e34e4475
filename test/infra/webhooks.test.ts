import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DELIVERY } from '../../config/catalog/webhooks.ts';
import { environmentOf } from '../../config/environments/environment.ts';
import { ENVIRONMENTS, type Resource, resourcesOf, stacksOf } from './assembly.ts';

type Statement = { Action: string | string[]; Resource: unknown; Condition?: Record<string, Record<string, unknown>> };
const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

for (const name of ENVIRONMENTS) {
  const stacks = await stacksOf(name);
  const named = (type: string, property: string, what: string): [string, Resource] => {
    const found = resourcesOf(stacks, type).find(([, { Properties }]) => Properties[property] === `proband-${name}-${what}`);
    return found ?? assert.fail(`no ${type} ${what}`);
  };
  const functionOf = (handler: string) => named('AWS::Lambda::Function', 'FunctionName', handler)[1].Properties;
  const statementsOf = (handler: string): Statement[] => {
    const role = functionOf(handler).Role['Fn::GetAtt'][0] as string;
    return resourcesOf(stacks, 'AWS::IAM::Policy')
      .filter(([, { Properties }]) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as Statement[]);
  };
  const allowing = (handler: string, action: RegExp) => statementsOf(handler).filter(({ Action }) => listOf(Action).some((one) => action.test(one)));

  test(`${name}: who delivers webhooks reads and writes documents of webhooks only, and no object, audit chain or other table`, () => {
    const partitions = (handler: string, action: RegExp) =>
      allowing(handler, action)
        .flatMap(({ Condition }) => listOf(Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] as string[]))
        .sort();
    assert.deepEqual(partitions('webhooks-deliver', /^dynamodb:(Get|Query)/), ['P#*#WEBHOOK-DELIVERIES', 'P#*#WEBHOOKS']);
    assert.deepEqual(partitions('webhooks-deliver', /^dynamodb:(Put|Update)/), ['P#*#WEBHOOK-DELIVERIES']);
    assert.deepEqual(partitions('webhooks-fan-out', /^dynamodb:/), ['P#*#WEBHOOKS']);
    assert.deepEqual(partitions('mlflow-webhooks', /^dynamodb:(Put|Update)/), name === 'local' ? ['P#*#WEBHOOKS', 'PROJECTS'] : ['P#*#WEBHOOKS']);
    for (const handler of ['webhooks-deliver', 'webhooks-fan-out', 'mlflow-webhooks']) {
      for (const { Condition } of allowing(handler, /^dynamodb:/)) assert.ok(Condition?.['ForAllValues:StringLike'], handler);
      for (const statement of statementsOf(handler))
        for (const action of listOf(statement.Action))
          assert.match(action, /^(dynamodb:(GetItem|Query|PutItem|UpdateItem)|kms:|sqs:|logs:(CreateLogStream|PutLogEvents)|xray:)/, handler);
    }
  });

  test(`${name}: secrets of webhooks open for webhooks alone, and not for who fans out`, () => {
    const dataKey = (handler: string, action: RegExp) => allowing(handler, action).filter(({ Resource: resource }) => JSON.stringify(resource).includes('dataKey'));
    const bound = ({ Condition = {} }: Statement) => Condition['Null']?.['kms:EncryptionContext:webhook'] === 'false';
    const throughTable = ({ Condition = {} }: Statement) => String(Condition['StringEquals']?.['kms:ViaService']).startsWith('dynamodb.');
    for (const handler of ['webhooks-deliver', 'mlflow-webhooks', 'webhooks-fan-out']) {
      const statements = dataKey(handler, /^kms:/);
      assert.ok(statements.length > 0, handler);
      for (const statement of statements) assert.ok(bound(statement) || throughTable(statement), `${handler}: ${JSON.stringify(statement)}`);
    }
    assert.ok(dataKey('webhooks-deliver', /^kms:Decrypt$/).some(bound));
    assert.ok(!dataKey('webhooks-deliver', /^kms:Encrypt$/).some(bound));
    assert.ok(!dataKey('webhooks-fan-out', /^kms:/).some(bound));
  });

  test(`${name}: events and deliveries are tried as often as planned, then kept as dead letters, under our key`, () => {
    const [deadId, dead] = named('AWS::SQS::Queue', 'QueueName', 'webhooks-dead-letters');
    for (const [queue, handler, attempts] of [
      ['registry-events', 'webhooks-fan-out', 5],
      ['webhook-deliveries', 'webhooks-deliver', DELIVERY.retryAfterSeconds.length + 1],
    ] as const) {
      const [, { Properties }] = named('AWS::SQS::Queue', 'QueueName', queue);
      assert.deepEqual(Properties.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'], [deadId, 'Arn']);
      assert.equal(Properties.RedrivePolicy.maxReceiveCount, attempts);
      assert.ok(Properties.VisibilityTimeout >= 6 * functionOf(handler).Timeout, queue);
      for (const each of [Properties, dead.Properties]) assert.ok(each.KmsMasterKeyId, queue);
    }
    assert.ok(DELIVERY.leaseSeconds > functionOf('webhooks-deliver').Timeout, 'a delivery is held for longer than its function runs');
    assert.ok(functionOf('webhooks-deliver').Timeout > DELIVERY.answerSeconds);
    assert.equal(functionOf('webhooks-deliver').Environment.Variables.WEBHOOK_LOOPBACK, name === 'local' ? '1' : '0');
  });

  test(`${name}: the bus of registry events is under our key, has dead letters, and one rule to the queue`, () => {
    const [busId, { Properties: bus }] = named('AWS::Events::EventBus', 'Name', 'registry');
    assert.ok(bus.KmsKeyIdentifier);
    assert.ok(bus.DeadLetterConfig.Arn);
    const rules = resourcesOf(stacks, 'AWS::Events::Rule').filter(([, { Properties }]) => JSON.stringify(Properties.EventBusName ?? '').includes(busId));
    const toQueue = rules.filter(([, { Properties }]) => !/Function/.test(JSON.stringify(Properties.Targets[0].Arn)));
    assert.equal(toQueue.length, 1);
    assert.deepEqual(toQueue[0]![1].Properties.EventPattern, { source: ['proband.registry'] });
    for (const [, { Properties: rule }] of rules) assert.ok(rule.Targets[0].DeadLetterConfig.Arn);
  });

  test(`${name}: SageMaker’s registry is a mirror of our own versions where the environment says so, and may do nothing else there`, () => {
    const made = resourcesOf(stacks, 'AWS::Lambda::Function').some(([, { Properties }]) => Properties.FunctionName === `proband-${name}-registry-mirror-sagemaker`);
    assert.equal(made, environmentOf(name).sageMakerRegistry === 'mirror');
    const actions = resourcesOf(stacks, 'AWS::IAM::Policy').flatMap(([, { Properties }]) =>
      (Properties.PolicyDocument.Statement as { Action: string | string[] }[]).flatMap(({ Action }) => [Action].flat().filter((action) => /ModelPackage/.test(action))),
    );
    assert.deepEqual(actions.sort(), made ? ['sagemaker:CreateModelPackage', 'sagemaker:CreateModelPackageGroup', 'sagemaker:UpdateModelPackage'] : []);
    const rule = resourcesOf(stacks, 'AWS::Events::Rule').find(([, { Properties }]) => Properties.Name === `proband-${name}-mirror-version`)?.[1].Properties;
    if (made) assert.deepEqual(rule.EventPattern.detail, { project: ['proband'] });
    else assert.equal(rule, undefined);
  });

  test(`${name}: registry events are published by who changes a registry, onto that bus only`, () => {
    const publishers = resourcesOf(stacks, 'AWS::Lambda::Function')
      .map(([, { Properties }]) => String(Properties.FunctionName).replace(`proband-${name}-`, ''))
      .filter((handler) => allowing(handler, /^events:PutEvents$/).length > 0);
    assert.deepEqual(publishers.sort(), [
      'mlflow-registry',
      'registry-api',
      'review-expire-review',
      'review-open-review',
      'review-record-approval',
      'review-record-rejection',
      'serving-complete-rollout',
      'serving-enter-stage',
      'serving-roll-back',
    ]);
    for (const handler of publishers) {
      assert.equal(functionOf(handler).Environment.Variables.REGISTRY_BUS, `proband-${name}-registry`);
      for (const { Resource: resource } of allowing(handler, /^events:PutEvents$/)) assert.match(JSON.stringify(resource), new RegExp(`event-bus/proband-${name}-registry"`));
    }
  });
}
