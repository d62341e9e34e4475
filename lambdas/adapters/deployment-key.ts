import type { ModelVersion } from '../contracts/model-version.ts';

/** awaits the review capability's signature adapter */
export const signatureProblem = async (_registryTable: string, version: ModelVersion): Promise<string | null> => `${version.model}@${version.version} has no signature`;
