import { type Report, count } from './imported.ts';
import { type Mlflow, MlflowRefusal } from './mlflow.ts';
import type { ArtifactFile, Experiment, Owner, Source } from './source.ts';
import { upload, uploaded } from './upload.ts';

/** Where a run or logged model of the source is in the target. */
export type Placed = { id: string; root: string; complete: boolean; deleted: boolean; fresh: boolean };
export type Import = {
  source: Source;
  target: Mlflow;
  report: Report;
  tell: (text: string) => void;
  /** the source's experiments with their ids in the target */
  experiments: Map<string, { id: string; experiment: Experiment }>;
  runs: Map<string, Placed>;
  models: Map<string, Placed>;
  /** artifact root in the source → in the target */
  roots: Map<string, string>;
};

/** runs that are carried side by side */
export const ABREAST = 4;

/** The same address in the target, where it lies below a run or logged model that was carried. */
export const placeOf = ({ roots, runs }: Import, uri: string): string | undefined => {
  const [, runId, path] = /^runs:\/([0-9a-f]{32})\/?(.*)$/.exec(uri) ?? [];
  const run = runId === undefined ? undefined : runs.get(runId);
  if (run) return path ? `${run.root}/${path}` : run.root;
  for (let end = uri.length; end > 0; end = uri.lastIndexOf('/', end - 1)) {
    const root = roots.get(uri.slice(0, end));
    if (root !== undefined) return root + uri.slice(end);
  }
  return undefined;
};

/** Carries an owner's files. False: some could not be read. `again`: what is there already may be older than the source's. */
export const carryArtifacts = async ({ source, target, report }: Import, from: Owner, placed: Placed, again: boolean): Promise<boolean> => {
  const to: Owner = 'run' in from ? { run: placed.id } : { model: placed.id };
  const there = placed.fresh || again ? new Map<string, number>() : await uploaded(target, to);
  let whole = true;
  const leave = (what: string, error: unknown) => {
    if (!(error instanceof Error)) throw error;
    report.left.push({ what, why: error.message });
    whole = false;
  };
  const owner = 'run' in from ? `run ${from.run}` : `logged model ${from.model}`;
  const carry = async (file: ArtifactFile) => {
    if (file.bytes !== undefined && there.get(file.path) === file.bytes) return count(report.present, 'artifacts');
    const bytes = await upload(target, placed.root, file);
    count(report.carried, 'artifacts');
    count(report.carried, 'artifactBytes', bytes);
  };
  try {
    for await (const file of source.artifacts(from)) {
      try {
        await carry(file);
      } catch (error) {
        leave(`artifact ${file.path} of ${owner}`, error);
      }
    }
  } catch (error) {
    leave(`artifacts of ${owner}`, error);
  }
  return whole;
};

/** The answer, or undefined where the target or the source has none such. */
export const ifThere = async <T>(asked: Promise<T>): Promise<T | undefined> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof MlflowRefusal && error.code === 'RESOURCE_DOES_NOT_EXIST') return undefined;
    throw error;
  }
};
