import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CustomState } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import type { ComputeJob } from './tasks.ts';

const DAY = 86_400;
const VOLUME_GIB = 50;

/** The states' role must be let start the jobs; `machine` adds these for the sagemaker backend. */
export const sageMakerPermissions = (platform: Platform): PolicyStatement[] => {
  const job = (kind: string) => `arn:${Aws.PARTITION}:sagemaker:${Aws.REGION}:${Aws.ACCOUNT_ID}:${kind}/proband-${platform.environment.name}-*`;
  return [
    new PolicyStatement({ actions: ['sagemaker:CreateTrainingJob', 'sagemaker:DescribeTrainingJob', 'sagemaker:StopTrainingJob', 'sagemaker:AddTags'], resources: [job('training-job')] }),
    new PolicyStatement({ actions: ['sagemaker:CreateProcessingJob', 'sagemaker:DescribeProcessingJob', 'sagemaker:StopProcessingJob', 'sagemaker:AddTags'], resources: [job('processing-job')] }),
    new PolicyStatement({ actions: ['iam:PassRole'], resources: [platform.sageMaker!.roleArn], conditions: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } } }),
    // `.sync` follows a job through this managed rule
    new PolicyStatement({ actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], resources: ['Training', 'Processing'].map((kind) => `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:rule/StepFunctionsGetEventsForSageMaker${kind}JobsRule`) }),
  ];
};

/** A Training job for `train`, a Processing job for the others: same image, same entry points, nothing idle. */
export const sageMakerJob = (scope: Construct, id: string, platform: Platform, job: ComputeJob): CustomState =>
  new CustomState(scope, id, { stateJson: job.kind === 'train' ? training(platform, job) : processing(platform, job) });

const jobName = (platform: Platform, { jobPath }: ComputeJob) => `States.Format('proband-${platform.environment.name}-{}', ${jobPath}.id)`;

const training = (platform: Platform, job: ComputeJob) => {
  const { roleArn, imageUri, keyArn } = platform.sageMaker!;
  const { trainInstance, spot } = platform.environment.sageMaker;
  return {
    Type: 'Task',
    Resource: `arn:${Aws.PARTITION}:states:::sagemaker:createTrainingJob.sync`,
    Parameters: {
      'TrainingJobName.$': jobName(platform, job),
      RoleArn: roleArn,
      AlgorithmSpecification: {
        TrainingImage: imageUri,
        TrainingInputMode: 'File',
        ContainerEntrypoint: ['python', '-m', 'virtual_patient.train'],
        ContainerArguments: ['--input', '/opt/ml/input/data', '--output', '/opt/ml/model', '--checkpoints', '/opt/ml/checkpoints', '--parameters', '/opt/ml/input/config/hyperparameters.json'],
      },
      'HyperParameters.$': `${job.jobPath}.parameters`,
      InputDataConfig: [{ ChannelName: 'features', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', 'S3Uri.$': `${job.jobPath}.inputs.features`, S3DataDistributionType: 'FullyReplicated' } } }],
      OutputDataConfig: { 'S3OutputPath.$': `${job.jobPath}.output`, KmsKeyId: keyArn, CompressionType: 'NONE' },
      CheckpointConfig: { 'S3Uri.$': `${job.jobPath}.checkpoints`, LocalPath: '/opt/ml/checkpoints' },
      ResourceConfig: { InstanceCount: 1, InstanceType: trainInstance, VolumeSizeInGB: VOLUME_GIB, VolumeKmsKeyId: keyArn },
      EnableManagedSpotTraining: spot,
      StoppingCondition: { MaxRuntimeInSeconds: DAY, ...(spot ? { MaxWaitTimeInSeconds: 2 * DAY } : {}) },
      EnableNetworkIsolation: true,
      EnableInterContainerTrafficEncryption: true,
    },
    ResultSelector: { 'output.$': '$.ModelArtifacts.S3ModelArtifacts', 'jobArn.$': '$.TrainingJobArn' },
    ResultPath: job.resultPath,
    TimeoutSeconds: 2 * DAY,
  };
};

const processing = (platform: Platform, job: ComputeJob) => {
  const { roleArn, imageUri, keyArn } = platform.sageMaker!;
  const input = (channel: string) => ({
    InputName: channel,
    S3Input: { 'S3Uri.$': `${job.jobPath}.inputs.${channel}`, LocalPath: `/opt/ml/processing/input/${channel}`, S3DataType: 'S3Prefix', S3InputMode: 'File', S3DataDistributionType: 'FullyReplicated' },
  });
  return {
    Type: 'Task',
    Resource: `arn:${Aws.PARTITION}:states:::sagemaker:createProcessingJob.sync`,
    Parameters: {
      'ProcessingJobName.$': jobName(platform, job),
      RoleArn: roleArn,
      AppSpecification: {
        ImageUri: imageUri,
        ContainerEntrypoint: ['python', '-m', `virtual_patient.${job.kind}`],
        'ContainerArguments.$': `States.Array('--input', '/opt/ml/processing/input', '--output', '/opt/ml/processing/output', '--checkpoints', '/opt/ml/processing/checkpoints', '--parameters', States.JsonToString(${job.jobPath}.parameters))`,
      },
      ProcessingInputs: ['features', 'model'].map(input),
      ProcessingOutputConfig: { KmsKeyId: keyArn, Outputs: [{ OutputName: 'output', S3Output: { 'S3Uri.$': `${job.jobPath}.output`, LocalPath: '/opt/ml/processing/output', S3UploadMode: 'EndOfJob' } }] },
      ProcessingResources: { ClusterConfig: { InstanceCount: 1, InstanceType: platform.environment.sageMaker.processInstance, VolumeSizeInGB: VOLUME_GIB, VolumeKmsKeyId: keyArn } },
      StoppingCondition: { MaxRuntimeInSeconds: DAY },
      NetworkConfig: { EnableNetworkIsolation: true, EnableInterContainerTrafficEncryption: false },
    },
    ResultSelector: { 'output.$': '$.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri', 'jobArn.$': '$.ProcessingJobArn' },
    ResultPath: job.resultPath,
    TimeoutSeconds: DAY,
  };
};
