import { CreateModelPackageCommand, CreateModelPackageGroupCommand, SageMakerClient, UpdateModelPackageCommand } from '@aws-sdk/client-sagemaker';
import { modelVersionId } from '../contracts/ids.ts';
import type { ModelVersion } from '../contracts/model-version.ts';
import { newPackage, packageGroupName, packageUpdate } from '../domain/registry/sagemaker-package.ts';
import { createDocument, getDocument } from './documents.ts';

let client: SageMakerClient | undefined;
const sageMaker = (): SageMakerClient => (client ??= new SageMakerClient({}));

/** A version that moves on while it is mirrored is mirrored again, so often at most. */
const ROUNDS = 5;
const mirrored = (model: string, version: number) => ({ pk: `SAGEMAKER-PACKAGES#${model}`, sk: String(version).padStart(8, '0') });

type Mirror = { REGISTRY_TABLE: string; NAME_PREFIX: string; CONTAINER_IMAGE: string };

/**
 * Keeps a version as a model package of SageMaker's registry: makes its group and the package once, then says the version's stage, until
 * the version stands still. Answers the package's ARN. `read` answers the version as it is now.
 */
export const mirrorVersion = async (mirror: Mirror, read: () => Promise<ModelVersion | null>): Promise<string> => {
  let version = await read();
  if (!version) throw new Error('a version that is told of must be there');
  const arn = (await packageOf(mirror, version)) ?? (await createPackage(mirror, version));
  for (let round = 0; round < ROUNDS; round++) {
    await sageMaker().send(new UpdateModelPackageCommand(packageUpdate(arn, version)));
    const now = await read();
    if (!now || (now.stage === version.stage && now.deprecation?.at === version.deprecation?.at)) return arn;
    version = now;
  }
  throw new Error(`${modelVersionId(version.model, version.version)} moved ${ROUNDS} times while it was mirrored`);
};

const packageOf = async ({ REGISTRY_TABLE }: Mirror, { model, version }: ModelVersion): Promise<string | null> =>
  (await getDocument<{ arn: string }>(REGISTRY_TABLE, mirrored(model, version)))?.arn ?? null;

const createPackage = async (mirror: Mirror, version: ModelVersion): Promise<string> => {
  const group = packageGroupName(mirror.NAME_PREFIX, version.model);
  await createGroup(group);
  const { ModelPackageArn } = await sageMaker().send(new CreateModelPackageCommand(newPackage(group, version, mirror.CONTAINER_IMAGE)));
  await createDocument(mirror.REGISTRY_TABLE, mirrored(version.model, version.version), { arn: ModelPackageArn! });
  return ModelPackageArn!;
};

/** SageMaker answers a group that is there already with a ValidationException that says so. */
const createGroup = async (group: string): Promise<void> => {
  try {
    await sageMaker().send(
      new CreateModelPackageGroupCommand({
        ModelPackageGroupName: group,
        ModelPackageGroupDescription: 'Versions that another registry trains, signs and serves; changed there only',
      }),
    );
  } catch (error) {
    if (!/already exists/i.test((error as Error).message)) throw error;
  }
};
