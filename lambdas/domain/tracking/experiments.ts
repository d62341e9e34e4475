import { type Outcome, done } from '../../contracts/outcome.ts';
import type { Experiment, Lifecycle, Tags } from '../../contracts/tracking.ts';
import type { Pair } from '../mlflow/fields.ts';
import { absent, invalid, invalidValue } from '../mlflow/refusals.ts';
import { LIMITS, checkExperimentName, checkExperimentTag, lengthOf } from './names.ts';

export const tagsOf = (pairs: readonly Pair[]): Tags => Object.fromEntries(pairs.map(({ key, value }) => [key, value]));

/** Experiments are numbered; what is no number is refused. */
export const experimentIdOf = (text: string): Outcome<string> =>
  /^\s*\d{1,18}\s*$/.test(text) ? done(String(Number(text))) : invalid(`Invalid experiment ID '${text}'. Experiment ID must be a valid integer.`);

export const experimentMissing = (experimentId: string): Outcome<never> => absent(`No Experiment with id=${experimentId} exists`);

export const activeExperiment = ({ experimentId, lifecycle }: Experiment): Outcome<null> =>
  lifecycle === 'active' ? done(null) : invalid(`The experiment ${experimentId} must be in the 'active' state. Current state is ${lifecycle}.`);

/** Artifacts lie below the project's address or in an S3 bucket; nothing else can be guarded by this installation. */
const checkLocation = (location: string): Outcome<null> => {
  if (location.startsWith('runs:')) return invalid(`Artifact location cannot be a runs:/ URI. Given: '${location}'`);
  if (lengthOf(location) > LIMITS.artifactLocation) {
    return invalid(
      `Invalid artifact path length. The length of the artifact path cannot be greater than ${LIMITS.artifactLocation} characters. To configure this limit, please set the MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH environment variable.`,
    );
  }
  if (/[?#]/.test(location)) return invalid(`'artifact_location' URL can't include fragments or query parameters.`);
  if (/(^|[/\\])\.\.([/\\]|$)/.test(decodeAll(location))) return invalid(`Invalid artifact_location '${location}': relative path references are not allowed.`);
  return done(null);
};
const decodeAll = (text: string): string => {
  let current = text;
  for (let round = 0; round < 5 && current.includes('%'); round++) {
    try {
      current = decodeURIComponent(current);
    } catch {
      return current;
    }
  }
  return current;
};

export const newExperiment = ({
  name,
  artifact_location,
  tags,
}: {
  name: string;
  artifact_location: string | undefined;
  tags: readonly Pair[];
}): Outcome<{ name: string; artifactLocation?: string; tags: Tags }> => {
  const valid = checkExperimentName(name);
  if (!valid.ok) return valid;
  const location = artifact_location ? checkLocation(artifact_location) : done(null);
  if (!location.ok) return location;
  for (const { key, value } of tags) {
    const tag = checkExperimentTag(key, value);
    if (!tag.ok) return tag;
  }
  return done({ name, ...(artifact_location ? { artifactLocation: artifact_location.replace(/\/+$/, '') } : {}), tags: tagsOf(tags) });
};

const VIEWS = ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const;
export type View = (typeof VIEWS)[number];
/** By protobuf's name or number (1 to 3). */
export const viewOf = (given: string | undefined): Outcome<View> => {
  if (given === undefined || given === '') return done('ACTIVE_ONLY');
  const view = VIEWS.find((name, index) => name === given || String(index + 1) === given);
  return view ? done(view) : invalid(invalidValue('view_type', given, `allowed are ${VIEWS.join(', ')}`));
};
export const isIn = (view: View, lifecycle: Lifecycle): boolean => view === 'ALL' || (view === 'ACTIVE_ONLY') === (lifecycle === 'active');
