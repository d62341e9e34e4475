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

const isRelay = ({ Parameters }: State): boolean => Parameters.AppSpecification?.ContainerEntrypoint.at(-1) === 'virtual_patient.relay';

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
    const [relays, isolated] = [processing.filter(isRelay), processing.filter((task) => !isRelay(task))];
    // the relay stands after the evaluation and after a fault
    assert.deepEqual([queued.length, training.length, isolated.length, relays.length], environment.compute === 'worker' ? [5, 0, 0, 0] : [0, 1, 2, 2]);
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
    for (const { Parameters: p } of isolated) {
      assert.equal(p.NetworkConfig.EnableNetworkIsolation, true);
      assert.ok(p.ProcessingOutputConfig.KmsKeyId && p.ProcessingResources.ClusterConfig.VolumeKmsKeyId);
      assert.equal(p.ProcessingResources.ClusterConfig.InstanceType, environment.sageMaker.processInstance);
      assert.deepEqual(
        p.ProcessingInputs.map(({ S3Input }: { S3Input: { LocalPath: string } }) => S3Input.LocalPath),
        ['/opt/ml/processing/input/features', '/opt/ml/processing/input/model', '/opt/ml/processing/config'],
      );
    }
    for (const { Parameters: p } of processing) for (const argument of p.AppSpecification.ContainerArguments) assert.ok(argument.length <= 256, 'SageMaker takes 256 characters');
  });

  test(`${name}: what jobs record without a connection is relayed, and no fault of that ends the run`, () => {
    const { definition } = machines.get(`proband-${name}-develop`)!;
    const states = new Map(
      statesOf(definition).map(([state, found]) => [state, found as State & { Next?: string; Default?: string; Catch?: { Next: string }[]; Choices?: { Next: string }[] }]),
    );
    const next = (state: string) => states.get(state)!.Next;
    assert.deepEqual([next('Evaluate'), next('RecordFault')], ['PrepareRelayAfterEvaluation', 'PrepareRelayAfterFault']);
    for (const [after, goesOn] of [
      ['AfterEvaluation', 'DecideGates'],
      ['AfterFault', 'Faulted'],
    ] as const) {
      assert.equal(next(`PrepareRelay${after}`), `Waiting${after}`);
      assert.equal(states.get(`Waiting${after}`)!.Default, goesOn);
      assert.deepEqual(
        states.get(`Waiting${after}`)!.Choices!.map(({ Next }) => Next),
        [`Relay${after}`],
      );
      assert.equal(next(`Relay${after}`), `RecordRelay${after}`);
      for (const state of [`PrepareRelay${after}`, `Relay${after}`])
        assert.deepEqual(
          states.get(state)!.Catch!.map(({ Next }) => Next),
          [`RecordFaultOfRelay${after}`],
        );
      for (const state of [`RecordRelay${after}`, `RecordFaultOfRelay${after}`])
        assert.deepEqual([next(state), states.get(state)!.Catch!.map(({ Next }) => Next)], [goesOn, [goesOn]]);
    }
    const tracking = (handler: string) => resourcesOf(stacks, 'AWS::Lambda::Function').find(([, { Properties }]) => Properties.FunctionName === `proband-${name}-${handler}`)![1];
    const isolated = environment.compute === 'sagemaker';
    assert.equal(tracking('training-prepare-job').Properties.Environment.Variables.JOB_TRACKING, isolated ? 'spool' : '');
    const address = JSON.stringify(tracking('training-prepare-relay').Properties.Environment.Variables.TRACKER_URL);
    assert.match(address, isolated ? /ApiEndpoint.*\/mlflow-service\/proband"/ : /^""$/);
  });

  test(`${name}: a run’s jobs take their image by the digest that ECR has for its tag`, () => {
    const tasks = tasksOf(stacks, /aws-sdk:ecr:describeImages/);
    if (environment.compute === 'worker') return assert.deepEqual(tasks, []);
    assert.equal(tasks.length, 1);
    assert.deepEqual(Object.keys(tasks[0]!.Parameters), ['RepositoryName', 'ImageIds']);
    assert.match(tasks[0]!.Parameters.ImageIds[0].ImageTag, /^[0-9a-f]{64}$/);
    const { States } = machines.get(`proband-${name}-develop`)!.definition;
    for (const state of ['PrepareTraining', 'PrepareEvaluation']) assert.match(States[state]!.Parameters['image.$'], /^States\.Format\('.*@\{\}', \$\.image\.digest\)$/);
    const [training] = tasksOf(stacks, /sagemaker:createTrainingJob\.sync/);
    assert.equal(training!.Parameters.AlgorithmSpecification['TrainingImage.$'], '$.training.job.environment.PROBAND_IMAGE');
    assert.equal(training!.Parameters['Environment.$'], '$.training.job.environment');
    const evaluation = tasksOf(stacks, /sagemaker:createProcessingJob\.sync/).find(
      ({ Parameters: p }) => p.AppSpecification.ContainerEntrypoint.at(-1) === 'virtual_patient.evaluate',
    )!;
    assert.equal(evaluation.Parameters.AppSpecification['ImageUri.$'], '$.evaluation.job.environment.PROBAND_IMAGE');
    assert.deepEqual(
      evaluation.Parameters.ProcessingOutputConfig.Outputs.map(({ S3Output: s3 }: { S3Output: Record<string, string> }) => [s3['S3Uri.$'], s3['S3UploadMode']]),
      [
        ['$.evaluation.job.output', 'EndOfJob'],
        ['$.evaluation.job.checkpoints', 'Continuous'],
      ],
    );
  });

  test(`${name}: only the relay has a connection, and a role of its own: records of jobs, its report, one address of the API`, () => {
    const relays = tasksOf(stacks, /sagemaker:createProcessingJob\.sync/).filter(isRelay);
    const invokers = resourcesOf(stacks, 'AWS::IAM::ManagedPolicy').filter(([, { Properties }]) => /execute-api:Invoke/.test(JSON.stringify(Properties)));
    if (environment.compute === 'worker') return assert.deepEqual([relays, invokers], [[], []]);
    for (const { Parameters: p } of relays) {
      assert.equal(p.NetworkConfig.EnableNetworkIsolation, false);
      assert.match(p.RoleArn, /ComputeRelayRole/);
      assert.equal(p['Environment.$'], '$.relay.job.environment');
      assert.equal(p.ProcessingResources.ClusterConfig.InstanceType, environment.sageMaker.relayInstance);
    }
    assert.equal(invokers.length, 1);
    assert.match(JSON.stringify(invokers[0]![1].Properties.Roles), /ComputeRelayRole/);
    assert.match(JSON.stringify(invokers[0]![1].Properties.PolicyDocument.Statement[0].Resource), /execute-api:.*\/\*\/\*\/mlflow-service\/\*"/);
    const written = resourcesOf(stacks, 'AWS::IAM::ManagedPolicy')
      .filter(([id]) => /ComputeRelayPolicy/.test(id))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as { Action: string[]; Resource: unknown }[])
      .filter(({ Action }) => Action.includes('s3:PutObject'));
    assert.equal(written.length, 1);
    assert.equal(JSON.stringify(written[0]!.Resource).match(/\/relay\/\*"/g)!.length, 2);
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
