import { Aws, Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { FieldUtils, JsonPath, Parallel, TaskStateBase, type TaskStateBaseProps, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { CallAwsService } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { Job } from '../../lambdas/contracts/run.ts';
import type { Platform } from '../constructs/platform.ts';
import { retryFaults } from './retry.ts';

export type ComputeJob = {
  kind: Job['kind'];
  /** JSONPath of the Job (lambdas/contracts/run.ts) in the state's input, e.g. `$.job` */
  jobPath: string;
  resultPath: string;
  /** one attempt may take so long; a day unless told */
  timeout?: Duration;
};

const DAY = Duration.days(1);
const VOLUME_GIB = 50;
const ATTEMPTS = 2;
/** Where a Processing job finds its inputs, and leaves its output. */
const PROCESSING = '/opt/ml/processing';
/** What a Processing job reads, by kind. */
const CHANNELS: Record<Exclude<Job['kind'], 'train'>, readonly string[]> = { evaluate: ['features', 'model'], simulate: ['features', 'model'], relay: ['checkpoints', 'run'] };

/**
 * The SageMaker backend: a Training job for `train`, a Processing job for the others; same image and entry points, nothing idle. No job has a
 * connection but the relay, which reads no features, and has a role of its own.
 */
export const sageMakerJob = (scope: Construct, id: string, platform: Platform, job: ComputeJob): TaskStateBase | Parallel =>
  job.kind === 'train' ? trainingJob(scope, id, platform, job) : processingJob(scope, id, platform, { ...job, kind: job.kind });

const trainingJob = (scope: Construct, id: string, platform: Platform, { jobPath, resultPath, timeout = DAY }: ComputeJob): TaskStateBase => {
  const { roleArn, keyArn } = backend(platform);
  const { trainInstance, spot } = platform.environment.sageMaker;
  // a spot instance may be waited for a day longer; a job that was interrupted goes on from its checkpoint
  const wait = spot ? timeout.plus(DAY) : timeout;
  const task = new SageMakerTask(scope, id, {
    platform,
    kind: 'Training',
    request: {
      TrainingJobName: attemptName(platform, jobPath),
      RoleArn: roleArn,
      AlgorithmSpecification: {
        TrainingImage: JsonPath.stringAt(`${jobPath}.environment.PROBAND_IMAGE`),
        TrainingInputMode: 'File',
        ContainerEntrypoint: ['python', '-m', 'virtual_patient.train'],
        ContainerArguments: [
          '--input',
          '/opt/ml/input/data',
          '--output',
          '/opt/ml/model',
          '--checkpoints',
          '/opt/ml/checkpoints',
          '--parameters',
          '/opt/ml/input/config/hyperparameters.json',
        ],
      },
      HyperParameters: JsonPath.objectAt(`${jobPath}.parameters`),
      Environment: JsonPath.objectAt(`${jobPath}.environment`),
      InputDataConfig: [
        {
          ChannelName: 'features',
          DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: JsonPath.stringAt(`${jobPath}.inputs.features`), S3DataDistributionType: 'FullyReplicated' } },
        },
      ],
      OutputDataConfig: { S3OutputPath: JsonPath.stringAt(`${jobPath}.output`), KmsKeyId: keyArn, CompressionType: 'NONE' },
      CheckpointConfig: { S3Uri: JsonPath.stringAt(`${jobPath}.checkpoints`), LocalPath: '/opt/ml/checkpoints' },
      ResourceConfig: { InstanceCount: 1, InstanceType: trainInstance, VolumeSizeInGB: VOLUME_GIB, VolumeKmsKeyId: keyArn },
      EnableManagedSpotTraining: spot,
      StoppingCondition: { MaxRuntimeInSeconds: timeout.toSeconds(), ...(spot ? { MaxWaitTimeInSeconds: wait.toSeconds() } : {}) },
      EnableNetworkIsolation: true,
      EnableInterContainerTrafficEncryption: true,
    },
    resultPath,
    resultSelector: { output: JsonPath.stringAt('$.ModelArtifacts.S3ModelArtifacts'), jobArn: JsonPath.stringAt('$.TrainingJobArn') },
    taskTimeout: Timeout.duration(wait),
  });
  retryFaults(task, ATTEMPTS);
  return task;
};

/** A Processing job's arguments hold 256 characters each, a trial's design more: the parameters go by way of an object. */
const processingJob = (scope: Construct, id: string, platform: Platform, { kind, jobPath, resultPath, timeout = DAY }: ComputeJob & { kind: keyof typeof CHANNELS }): Parallel => {
  const { roleArn, relayRoleArn, imageUri, keyArn } = backend(platform);
  const { processInstance, relayInstance } = platform.environment.sageMaker;
  const isRelay = kind === 'relay';
  const { artifacts } = platform.buckets;
  const jobId = JsonPath.stringAt(`${jobPath}.id`);
  const parameters = new CallAwsService(scope, `${id}Parameters`, {
    service: 's3',
    action: 'putObject',
    parameters: { Bucket: artifacts.bucketName, Key: JsonPath.format('jobs/{}/parameters.json', jobId), Body: JsonPath.objectAt(`${jobPath}.parameters`) },
    iamResources: [artifacts.arnForObjects('jobs/*')],
    additionalIamStatements: [new PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [keyArn] })],
    resultPath: JsonPath.DISCARD,
    taskTimeout: Timeout.duration(Duration.minutes(1)),
  });
  const input = (name: string, path: string, uri: string) => ({
    InputName: name,
    S3Input: { S3Uri: uri, LocalPath: `${PROCESSING}/${path}`, S3DataType: 'S3Prefix', S3InputMode: 'File', S3DataDistributionType: 'FullyReplicated' },
  });
  const output = (name: string, uri: string, mode: 'EndOfJob' | 'Continuous') => ({
    OutputName: name,
    S3Output: { S3Uri: uri, LocalPath: `${PROCESSING}/${name}`, S3UploadMode: mode },
  });
  const task = new SageMakerTask(scope, `${id}Job`, {
    platform,
    kind: 'Processing',
    request: {
      ProcessingJobName: attemptName(platform, jobPath),
      RoleArn: isRelay ? relayRoleArn : roleArn,
      // a simulation is part of no tracked run
      ...(kind === 'simulate' ? {} : { Environment: JsonPath.objectAt(`${jobPath}.environment`) }),
      AppSpecification: {
        ImageUri: kind === 'evaluate' ? JsonPath.stringAt(`${jobPath}.environment.PROBAND_IMAGE`) : imageUri,
        ContainerEntrypoint: ['python', '-m', `virtual_patient.${kind}`],
        ContainerArguments: [
          '--input',
          `${PROCESSING}/input`,
          '--output',
          `${PROCESSING}/output`,
          '--checkpoints',
          `${PROCESSING}/checkpoints`,
          '--parameters',
          `${PROCESSING}/config/parameters.json`,
        ],
      },
      ProcessingInputs: [
        ...CHANNELS[kind].map((channel) => input(channel, `input/${channel}`, JsonPath.stringAt(`${jobPath}.inputs.${channel}`))),
        input('config', 'config', JsonPath.format(`s3://${artifacts.bucketName}/jobs/{}/`, jobId)),
      ],
      ProcessingOutputConfig: {
        KmsKeyId: keyArn,
        Outputs: [
          output('output', JsonPath.stringAt(`${jobPath}.output`), 'EndOfJob'),
          // what it recorded is there for the relay also when the job fails
          ...(kind === 'evaluate' ? [output('checkpoints', JsonPath.stringAt(`${jobPath}.checkpoints`), 'Continuous')] : []),
        ],
      },
      ProcessingResources: {
        ClusterConfig: { InstanceCount: 1, InstanceType: isRelay ? relayInstance : processInstance, VolumeSizeInGB: VOLUME_GIB, VolumeKmsKeyId: keyArn },
      },
      StoppingCondition: { MaxRuntimeInSeconds: timeout.toSeconds() },
      NetworkConfig: { EnableNetworkIsolation: !isRelay },
    },
    resultSelector: { output: JsonPath.stringAt('$.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri'), jobArn: JsonPath.stringAt('$.ProcessingJobArn') },
    taskTimeout: Timeout.duration(timeout),
  });
  for (const each of [parameters, task]) retryFaults(each, ATTEMPTS);
  return new Parallel(scope, id, { resultSelector: { output: JsonPath.stringAt('$[0].output'), jobArn: JsonPath.stringAt('$[0].jobArn') }, resultPath }).branch(
    parameters.next(task),
  );
};

const backend = (platform: Platform) => {
  if (!platform.sageMaker) throw new Error(`environment ${platform.environment.name} has no sagemaker backend`);
  return platform.sageMaker;
};

/** SageMaker takes each name once, so an attempt has its own; at most 63 letters, digits and dashes. */
const attemptName = ({ environment }: Platform, jobPath: string): string =>
  JsonPath.format(`proband-${environment.name}-{}-{}`, JsonPath.stringAt(`${jobPath}.id`), JsonPath.stringAt('$$.State.RetryCount'));

type SageMakerTaskProps = TaskStateBaseProps & { platform: Platform; kind: 'Training' | 'Processing'; request: Record<string, unknown> };

/** `sagemaker:create<kind>Job.sync`, with what its role must be allowed. */
class SageMakerTask extends TaskStateBase {
  protected readonly taskMetrics = undefined;
  protected readonly taskPolicies: PolicyStatement[];
  private readonly kind: SageMakerTaskProps['kind'];
  private readonly request: SageMakerTaskProps['request'];

  constructor(scope: Construct, id: string, { platform, kind, request, ...props }: SageMakerTaskProps) {
    super(scope, id, props);
    this.kind = kind;
    this.request = request;
    const arn = (service: string, resource: string) => `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;
    this.taskPolicies = [
      new PolicyStatement({
        actions: ['Create', 'Describe', 'Stop'].map((verb) => `sagemaker:${verb}${kind}Job`).concat('sagemaker:AddTags'),
        resources: [arn('sagemaker', `${kind.toLowerCase()}-job/proband-${platform.environment.name}-*`)],
      }),
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [request['RoleArn'] as string],
        conditions: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
      }),
      // `.sync` follows the job through this managed rule
      new PolicyStatement({
        actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
        resources: [arn('events', `rule/StepFunctionsGetEventsForSageMaker${kind}JobsRule`)],
      }),
    ];
  }

  protected _renderTask(): object {
    return { Resource: `arn:${Aws.PARTITION}:states:::sagemaker:create${this.kind}Job.sync`, Parameters: FieldUtils.renderObject(this.request) };
  }
}
