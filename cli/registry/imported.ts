import type { Pair } from './source.ts';
import { tagsOf } from './source.ts';

/**
 * What an import notes on everything that it makes: where it came from and what it was called there, so that a second start finds it
 * again, and what MLflow's protocol lets nobody set, times of creation among them.
 */
const PREFIX = 'proband.imported.';
export const IMPORTED = {
  source: `${PREFIX}source`,
  experimentId: `${PREFIX}experiment_id`,
  runId: `${PREFIX}run_id`,
  modelId: `${PREFIX}model_id`,
  createdAt: `${PREFIX}creation_time`,
  updatedAt: `${PREFIX}last_update_time`,
  artifactUri: `${PREFIX}artifact_uri`,
  userId: `${PREFIX}user_id`,
  stage: `${PREFIX}current_stage`,
  /** everything of it is here */
  complete: `${PREFIX}complete`,
  /** a number that the source has no version of any more */
  placeholder: `${PREFIX}placeholder`,
} as const;

/** the first import knows when a thing was made and what it was called; a later one of the same thing does not */
const FIRST: readonly string[] = [IMPORTED.createdAt, IMPORTED.updatedAt, IMPORTED.userId, IMPORTED.artifactUri];

/** A thing's own tags and those of this import; notes of an import before it give way but for times and persons. */
export const withImported = (pairs: readonly Pair[] | undefined, notes: Record<string, string | number | undefined>): Record<string, string> => {
  const own = Object.entries(tagsOf(pairs)).filter(([key]) => !key.startsWith(PREFIX) || FIRST.includes(key));
  const noted = Object.entries(notes).flatMap(([key, value]): [string, string][] => (value === undefined ? [] : [[key, String(value)]]));
  return { ...Object.fromEntries(noted), ...Object.fromEntries(own) };
};

export type Report = {
  carried: Record<string, number>;
  /** there from an import before */
  present: Record<string, number>;
  /** what could not be carried, and why */
  left: { what: string; why: string }[];
};

export const emptyReport = (): Report => ({ carried: {}, present: {}, left: [] });
export const count = (counts: Record<string, number>, what: string, many = 1): void => {
  counts[what] = (counts[what] ?? 0) + many;
};
