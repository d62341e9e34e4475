import type { Project, RetentionRun } from '../../contracts/project.ts';
import type { TrackedRun } from '../../contracts/tracking.ts';
import { keyOfRoot } from '../../domain/artifacts/paths.ts';
import { dueOf, hasRules } from '../../domain/projects/retention.ts';
import { deleteBelow } from '../artifact-files.ts';
import { neededBy } from '../version-sources.ts';
import { experimentsMade } from './experiment-store.ts';
import { NEVER } from './run-compaction.ts';
import { listRuns } from './run-listing.ts';
import { removeRun } from './run-removal.ts';
import { getHead, updateHead } from './run-store.ts';

export type Stores = { TRACKING_TABLE: string; REGISTRY_TABLE: string; ARTIFACTS_BUCKET: string };

/** Runs worked on at a time. */
const TOGETHER = 8;

/**
 * Applies a project's rules to at most `most` runs. What a version needs stays, and is named. Each run is decided on by what it is when its
 * turn comes; a run may be met twice, and a call that died is simply made again.
 */
export const applyRetention = async (
  stores: Stores,
  { project, retention }: Project,
  { dryRun, most, now }: { dryRun: boolean; most: number; now: number },
): Promise<RetentionRun> => {
  const result: RetentionRun = { project, dryRun, deleted: [], removed: [], kept: [], more: false };
  if (!hasRules(retention)) return result;
  const apply = async (run: TrackedRun): Promise<void> => {
    const due = dueOf(retention, run, now);
    if (!due) return;
    const version = await neededBy(stores.REGISTRY_TABLE, project, { run: run.runId });
    if (version) result.kept.push({ runId: run.runId, neededBy: version });
    else if (dryRun || (await (due === 'delete' ? deleteRun : removeForGood)(stores, project, run, now))) result[due === 'delete' ? 'deleted' : 'removed'].push(run.runId);
  };
  for (const { experimentId } of await experimentsMade(stores.TRACKING_TABLE, project)) {
    for await (const { source, admits } of listRuns(stores.TRACKING_TABLE, project, experimentId, NEVER)) {
      let batch: TrackedRun[] = [];
      const flush = async () => {
        await Promise.all(batch.map(apply));
        batch = [];
      };
      for (let at = 0; at < source.size; at++) {
        if (!admits(at)) continue;
        const run = source.run(at);
        if (!dueOf(retention, run, now)) continue;
        if (result.deleted.length + result.removed.length + batch.length >= most) {
          await flush();
          return { ...result, more: true };
        }
        batch.push(run);
        if (batch.length === TOGETHER) await flush();
      }
      await flush();
    }
  }
  return result;
};

const deleteRun = async ({ TRACKING_TABLE: table }: Stores, project: string, { runId }: TrackedRun, now: number): Promise<boolean> => {
  const head = await getHead(table, project, runId);
  return head !== null && updateHead(table, project, head, { lifecycle: 'deleted', deletedAt: now }, 'active');
};

/** Files that lie elsewhere, where an experiment's own location points out of this installation, are not ours to delete. */
const removeForGood = ({ TRACKING_TABLE: table, ARTIFACTS_BUCKET: bucket }: Stores, project: string, run: TrackedRun): Promise<boolean> =>
  removeRun(table, project, run, async () => {
    const folder = keyOfRoot(project, bucket, run.artifactUri);
    if (folder?.includes(`/${run.runId}/`)) await deleteBelow(bucket, folder);
  });
