import { modelVersionId } from '../../contracts/ids.ts';
import type { ModelVersion, Stage } from '../../contracts/model-version.ts';
import { sha256 } from '../canonical-json.ts';

/** SageMaker's approval: only what a clinician signed, and nobody took back, is approved. */
const APPROVAL: Record<Stage, 'PendingManualApproval' | 'Approved' | 'Rejected'> = {
  candidate: 'PendingManualApproval',
  'in-review': 'PendingManualApproval',
  approved: 'Approved',
  shadow: 'Approved',
  canary: 'Approved',
  production: 'Approved',
  superseded: 'Approved',
  rejected: 'Rejected',
  'rolled-back': 'Rejected',
  retired: 'Rejected',
};

/** SageMaker's limits, characters. */
const TEXT = 1024;
const VALUE = 256;
const TOKEN = 36;

export const packageGroupName = (prefix: string, model: string): string => `${prefix}-${model}`;

/** What SageMaker knows of a version beside its approval: ids and digests, so that a package leads back here. */
const metadata = ({ model, version, runId, datasetId, digests, contextOfUse, deprecation }: ModelVersion): Record<string, string> =>
  Object.fromEntries(
    Object.entries({
      'proband.version': modelVersionId(model, version),
      'proband.run': runId,
      'proband.dataset': datasetId,
      'proband.context-of-use': contextOfUse.name,
      'proband.risk-tier': contextOfUse.riskTier,
      'proband.deprecated': deprecation ? `since ${deprecation.at}` : 'no',
      ...Object.fromEntries(Object.entries(digests).map(([name, digest]) => [`proband.digest.${name}`, digest])),
    }).map(([key, value]) => [key, value.slice(0, VALUE)]),
  );

/** A new package of a version, for `CreateModelPackage`; the token makes two creations one. */
export const newPackage = (group: string, version: ModelVersion, image: string) => ({
  ModelPackageGroupName: group,
  ModelPackageDescription: version.contextOfUse.statement.slice(0, TEXT),
  ClientToken: sha256(`${group} ${modelVersionId(version.model, version.version)} ${version.digests.model}`).slice(0, TOKEN),
  ...statusOf(version),
  InferenceSpecification: {
    Containers: [
      {
        Image: image,
        ModelDataSource: {
          S3DataSource: {
            S3Uri: version.artifacts.prefix.endsWith('/') ? version.artifacts.prefix : `${version.artifacts.prefix}/`,
            S3DataType: 'S3Prefix' as const,
            CompressionType: 'None' as const,
          },
        },
      },
    ],
    SupportedContentTypes: ['application/json'],
    SupportedResponseMIMETypes: ['application/json'],
  },
});

/** What a package says of a version as it stands now, for `UpdateModelPackage`. */
export const packageUpdate = (arn: string, version: ModelVersion) => ({
  ModelPackageArn: arn,
  ApprovalDescription: `${modelVersionId(version.model, version.version)} is ${version.stage}; signed and rolled out by its own registry`.slice(0, TEXT),
  ...statusOf(version),
});

const statusOf = (version: ModelVersion) => ({
  ModelApprovalStatus: APPROVAL[version.stage],
  ModelLifeCycle: { Stage: version.stage, StageStatus: APPROVAL[version.stage] },
  CustomerMetadataProperties: metadata(version),
});
