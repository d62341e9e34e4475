import * as z from 'zod';
import { DatasetObject, Ingest } from './dataset.ts';
import { CompactionId, IngestId, Timestamp } from './ids.ts';
import { ObjectVersion } from './object.ts';

/** What files must share to be merged. */
const Group = Ingest.pick({ source: true, mapVersion: true, use: true, deidentification: true });
export type CompactionGroup = z.infer<typeof Group>;

/** One partition's files of an ingest, or of a former compaction. */
const Member = z.object({ id: z.union([IngestId, CompactionId]), ingests: z.array(IngestId), objects: z.array(DatasetObject), committedAt: Timestamp });

/** Its id is the hash of the files that it merges. */
export const CompactionPlan = Group.extend({
  compactionId: CompactionId,
  partition: z.number().int().min(0),
  revision: z.number().int().min(0).describe('how many compactions of the group the plan saw: it is void once there are more'),
  members: z.array(Member),
});
export type CompactionPlan = z.infer<typeof CompactionPlan>;

export const Compaction = CompactionPlan.omit({ revision: true, members: true }).extend({
  ingests: z.array(IngestId),
  members: z.array(Member.shape.id),
  objects: z.array(DatasetObject),
  committedAt: Timestamp,
  plan: ObjectVersion,
  recorded: z.boolean().describe('whether lineage and audit tell of it: until then its plan is run again'),
});
export type Compaction = z.infer<typeof Compaction>;
