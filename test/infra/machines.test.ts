import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MACHINES } from '../../config/catalog/machines.ts';
import { environmentOf } from '../../config/environments/environment.ts';
import { ENVIRONMENTS, type Resource, type Stacks, resourcesOf, stacksOf } from './assembly.ts';

type Retrier = { ErrorEquals: string[]; MaxAttempts?: number; BackoffRate?: number };
type State = {
  Type: string;
  Resource?: string;
  Retry?: Retrier[];
  TimeoutSeconds?: number;
  // biome-ignore lint/suspicious/noExplicitAny: a state's parameters are free-form JSON
  Parameters?: any;
  Branches?: Definition[];
  ItemProcessor?: Definition;
  Iterator?: Definition;
};
type Definition = { States: Record<string, State>; TimeoutSeconds?: number };

/** A definition is a Fn::Join of text and references: references become a name. */
const parsed = (definition: string | { 'Fn::Join': [string, (string | object)[]] }): Definition =>
  JSON.parse(
    typeof definition === 'string' ? definition : definition['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : JSON.stringify(part).replaceAll('"', "'"))).join(''),
  );

const statesOf = ({ States }: Definition): [string, State][] =>
  Object.entries(States).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...[...(state.Branches ?? []), state.ItemProcessor, state.Iterator].flatMap((inner) => (inner ? statesOf(inner) : [])),
  ]);

const machinesOf = (stacks: Stacks): Map<string, { definition: Definition; properties: Resource['Properties'] }> =>
  new Map(
    resourcesOf(stacks, 'AWS::StepFunctions::StateMachine').map(([, { Properties }]) => [
      Properties.StateMachineName,
      { definition: parsed(Properties.DefinitionString), properties: Properties },
    ]),
  );

const tasksOf = (stacks: Stacks, resource: RegExp): State[] =>
  [...machinesOf(stacks).values()].flatMap(({ definition }) => statesOf(definition).flatMap(([, state]) => (resource.test(JSON.stringify(state.Resource ?? '')) ? [state] : [])));

for (const name of ENVIRONMENTS) {
  const stacks = await stacksOf(name);
  const environment = environmentOf(name);
  const machines = machinesOf(stacks);

  test(`${name}: every machine of the catalog, and no other`, () => {
    assert.deepEqual(
      [...machines.keys()].sort(),
      Object.keys(MACHINES)
        .map((machine) => `proband-${name}-${machine}`)
        .sort(),
    );
  });

  test(`${name}: every task is tried again after a fault and ends in time; every machine ends`, () => {
    for (const [machine, { definition }] of machines) {
      assert.ok((definition.TimeoutSeconds ?? 0) > 0, `${machine} ends`);
      for (const [state, { Type, Retry, TimeoutSeconds }] of statesOf(definition)) {
        if (Type !== 'Task') continue;
        const all = Retry?.find(({ ErrorEquals }) => ErrorEquals.some((error) => error === 'States.ALL' || error === 'States.TaskFailed'));
        assert.ok(all && (all.MaxAttempts ?? 3) >= 2 && (all.BackoffRate ?? 2) > 1, `${machine} ${state} is tried again, later each time`);
        assert.ok((TimeoutSeconds ?? 0) > 0, `${machine} ${state} ends`);
      }
    }
  });

  test(`${name}: machines log every transition to an encrypted log without data, and are traced`, () => {
    for (const [machine, { properties }] of machines) {
      const { LoggingConfiguration: logging, TracingConfiguration: tracing } = properties;
      assert.equal(logging.Level, 'ALL', machine);
      assert.equal(logging.IncludeExecutionData ?? false, false, machine);
      assert.equal(logging.Destinations.length, 1, machine);
      assert.deepEqual(tracing, { Enabled: true }, machine);
    }
  });

  test(`${name}: the heavy steps run on ${environment.compute}`, () => {
    const queued = tasksOf(stacks, /sqs:sendMessage\.waitForTaskToken/);
    const training = tasksOf(stacks, /sagemaker:createTrainingJob\.sync/);
    const processing = tasksOf(stacks, /sagemaker:createProcessingJob\.sync/);
    assert.deepEqual([queued.length, training.length, processing.length], environment.compute === 'worker' ? [3, 0, 0] : [0, 1, 2]);
    for (const { Parameters } of queued) assert.deepEqual(Object.keys(Parameters.MessageBody).sort(), ['job.$', 'taskToken.$']);
    for (const { Parameters: p } of training) {
      assert.equal(p.EnableManagedSpotTraining, true);
      assert.ok(p.StoppingCondition.MaxWaitTimeInSeconds >= p.StoppingCondition.MaxRuntimeInSeconds);
      assert.match(p.CheckpointConfig['S3Uri.$'], /\.job\.checkpoints$/);
      assert.equal(p.OutputDataConfig.CompressionType, 'NONE');
      assert.ok(p.OutputDataConfig.KmsKeyId && p.ResourceConfig.VolumeKmsKeyId);
      assert.equal(p.EnableNetworkIsolation, true);
      assert.equal(p.ResourceConfig.InstanceType, environment.sageMaker.trainInstance);
      assert.match(p['TrainingJobName.$'], /RetryCount/, 'each attempt has a name of its own');
    }
    for (const { Parameters: p } of processing) {
      assert.equal(p.NetworkConfig.EnableNetworkIsolation, true);
      assert.ok(p.ProcessingOutputConfig.KmsKeyId && p.ProcessingResources.ClusterConfig.VolumeKmsKeyId);
      assert.equal(p.ProcessingResources.ClusterConfig.InstanceType, environment.sageMaker.processInstance);
      assert.deepEqual(
        p.ProcessingInputs.map(({ S3Input }: { S3Input: { LocalPath: string } }) => S3Input.LocalPath),
        ['/opt/ml/processing/input/features', '/opt/ml/processing/input/model', '/opt/ml/processing/config'],
      );
      for (const argument of p.AppSpecification.ContainerArguments) assert.ok(argument.length <= 256, 'SageMaker takes 256 characters');
    }
  });

  test(`${name}: functions end, are traced, tell no telemetry, and an event that none took is kept`, () => {
    for (const [id, { Properties: p }] of resourcesOf(stacks, 'AWS::Lambda::Function')) {
      assert.equal(p.Runtime, 'nodejs24.x', id);
      assert.deepEqual(p.Architectures, [environment.architecture], id);
      assert.ok(p.Timeout > 0 && p.Timeout <= 900, id);
      assert.equal(p.TracingConfig.Mode, 'Active', id);
      assert.equal(p.Environment.Variables.ORT_DISABLE_TELEMETRY, '1', id);
      assert.ok(p.LoggingConfig.LogGroup, id);
    }
    for (const [id, { Properties }] of resourcesOf(stacks, 'AWS::Events::Rule')) for (const target of Properties.Targets) assert.ok(target.DeadLetterConfig?.Arn, id);
    for (const [id, { Properties }] of resourcesOf(stacks, 'AWS::SNS::Subscription'))
      if (Properties.Protocol === 'lambda') assert.ok(Properties.RedrivePolicy?.deadLetterTargetArn, id);
    for (const [id, { Properties }] of resourcesOf(stacks, 'AWS::SQS::Queue')) assert.ok(Properties.RedrivePolicy || /dead/.test(Properties.QueueName), id);
  });
}

for (const name of ENVIRONMENTS) {
  test(`${name}: files are normalised by a Distributed Map over their list in S3, of which the machine may read nothing else`, async () => {
    const stacks = await stacksOf(name);
    const { definition } = machinesOf(stacks).get(`proband-${name}-ingest`)!;
    const { NormaliseFiles } = definition.States as Record<
      string,
      State & { ItemReader: unknown; ItemProcessor: { ProcessorConfig: unknown }; MaxConcurrency: number; ToleratedFailurePercentage?: number }
    >;
    assert.deepEqual(NormaliseFiles!.ItemProcessor.ProcessorConfig, { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' });
    assert.match(JSON.stringify(NormaliseFiles!.ItemReader), /states:::s3:getObject.*"InputType":"JSON".*"Key\.\$":"\$\.described\.groups\.key"/);
    assert.equal(NormaliseFiles!.ToleratedFailurePercentage, undefined, 'a branch that fails fails the ingest');
    const read = resourcesOf(stacks, 'AWS::IAM::Policy')
      .filter(([id]) => /Ingest.*MachineRole/.test(id))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[])
      .filter(({ Action }) => [Action].flat().some((action) => action.startsWith('s3:')));
    assert.equal(read.length, 1);
    assert.match(JSON.stringify(read[0]!.Resource), /\/ingests\/\*"/);
  });
}
