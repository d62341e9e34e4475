import { appendAudit, servicePrincipal } from '../../adapters/audit-log.ts';
import { commitCompaction, markRecorded } from '../../adapters/compaction-store.ts';
import { addEdges } from '../../adapters/lineage-store.ts';
import { getVerifiedJson } from '../../adapters/objects.ts';
import { step } from '../../adapters/step.ts';
import { CompactionPlan } from '../../contracts/compaction.ts';
import { compactionOf } from '../../domain/lake/compaction.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);
const STATE = 'compact:CommitCompaction';

/** From here on new dataset versions pin the merged files. The former ones stay: versions that were made before pin them. */
export const handler = step(Input, async ({ plan, compacted }): Promise<{ outcome: 'compacted' | 'overtaken'; compactionId: string }> => {
  const planned = CompactionPlan.parse(await getVerifiedJson(plan));
  const { compactionId, partition } = planned;
  const compaction = await commitCompaction(env.LAKE_TABLE, compactionOf(planned, plan, compacted.objects, new Date().toISOString()), planned.revision);
  if (!compaction) return { outcome: 'overtaken', compactionId };
  const { members, ingests, objects, committedAt } = compaction;
  await addEdges(
    env.LINEAGE_TABLE,
    members.map((member) => ({ from: member, to: compactionId, relation: 'compacted' })),
    committedAt,
  );
  const data = { compactionId, partition, ingests: ingests.length, members: members.length, objects: objects.length, bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0) };
  await appendAudit(env.AUDIT_TABLE, { who: servicePrincipal(STATE), what: STATE, result: 'success', data }, `${STATE}:${compactionId}`);
  await markRecorded(env.LAKE_TABLE, compaction);
  return { outcome: 'compacted', compactionId };
});
