import type { ArtifactManifest, ObjectVersion } from '../contracts/object.ts';
import { TrainedModel } from '../domain/monitoring/trained-model.ts';
import { getVerifiedJson } from './objects.ts';

/** A file of a version's artefacts; a version without it was never registered: a fault. */
export const artifactOf = ({ prefix, files }: ArtifactManifest, path: string): ObjectVersion => {
  const file = files.find((candidate) => candidate.path === path);
  if (!file) throw new Error(`no ${path} below ${prefix}`);
  return file;
};

export const readTrainedModel = async (artifacts: ArtifactManifest): Promise<TrainedModel> => TrainedModel.parse(await getVerifiedJson(artifactOf(artifacts, 'model.json')));
