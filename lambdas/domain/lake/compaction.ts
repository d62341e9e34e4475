import { COMPACTION } from '../../../config/catalog/stores.ts';
import type { Compaction, CompactionGroup, CompactionPlan } from '../../contracts/compaction.ts';
import type { DatasetObject, Ingest } from '../../contracts/dataset.ts';
import type { ObjectVersion } from '../../contracts/object.ts';
import { digestOf } from '../canonical-json.ts';

type Member = CompactionPlan['members'][number];
type Grouped = CompactionGroup & Member;
type Limits = Record<keyof typeof COMPACTION, number>;

export const groupName = ({ source, mapVersion, use, deidentification }: CompactionGroup): string => [source, mapVersion, use, deidentification].join('/');

/** Compactions that no later one has merged again. */
export const newestCompactions = (compactions: readonly Compaction[]): Compaction[] => {
  const merged = new Set(compactions.flatMap(({ members }) => members));
  return compactions.filter(({ compactionId }) => !merged.has(compactionId));
};

/** The ingests that no compaction has taken in. */
export const notCompacted = (ingestIds: readonly string[], compactions: readonly Compaction[]): string[] => {
  const taken = new Set(compactions.flatMap(({ ingests }) => ingests));
  return ingestIds.filter((id) => !taken.has(id));
};

/**
 * What is to be merged in a partition. The same files make the same plan, whenever it is made.
 * @param ingests committed ones that no compaction has taken in
 */
export const planCompactions = (partition: number, ingests: readonly Ingest[], compactions: readonly Compaction[], limits: Limits = COMPACTION): CompactionPlan[] => {
  const members = [...ingests.map((ingest) => ofIngest(ingest, partition)), ...newestCompactions(compactions).map(ofCompaction)];
  const small = members.filter((member) => member.objects.length > 0 && bytesOf(member) < limits.smallBytes && member.ingests.length < limits.mostIngests);
  const groups = Map.groupBy(small, groupName);
  return [...groups.keys()].sort().flatMap((name) =>
    batches(groups.get(name)!, limits)
      .filter((batch) => batch.length > limits.aboveFiles)
      .map((batch) => {
        const { source, mapVersion, use, deidentification } = batch[0]!;
        const inputs = batch.flatMap(({ objects }) => objects.map(({ key, sha256 }) => [key, sha256]));
        return {
          compactionId: `cmp_${digestOf({ partition, inputs }).slice(0, 32)}`,
          ...{ partition, source, mapVersion, use, deidentification },
          revision: compactions.filter((compaction) => groupName(compaction) === name).length,
          members: batch.map(({ id, ingests: of, objects, committedAt }) => ({ id, ingests: of, objects, committedAt })),
        };
      })
      // the next one follows when this one stands
      .slice(0, 1),
  );
};

const ofIngest = ({ ingestId, objects, committedAt, source, mapVersion, use, deidentification }: Ingest, partition: number): Grouped => ({
  id: ingestId,
  ingests: [ingestId],
  objects: objects.filter((object) => object.partition === partition).sort((a, b) => (a.key < b.key ? -1 : 1)),
  ...{ committedAt, source, mapVersion, use, deidentification },
});

const ofCompaction = ({ compactionId, ingests, objects, committedAt, source, mapVersion, use, deidentification }: Compaction): Grouped => ({
  id: compactionId,
  ...{ ingests, objects, committedAt, source, mapVersion, use, deidentification },
});

const bytesOf = ({ objects }: Member): number => objects.reduce((sum, { bytes }) => sum + bytes, 0);

/** Oldest first, as many as one compaction may merge. */
const batches = (members: readonly Grouped[], { mostBytes, mostIngests }: Limits): Grouped[][] => {
  const ordered = members.toSorted((a, b) => (`${a.committedAt} ${a.id}` < `${b.committedAt} ${b.id}` ? -1 : 1));
  const all: Grouped[][] = [];
  let [bytes, ingests] = [0, 0];
  for (const member of ordered) {
    if (all.length === 0 || bytes + bytesOf(member) > mostBytes || ingests + member.ingests.length > mostIngests) {
      all.push([]);
      [bytes, ingests] = [0, 0];
    }
    all.at(-1)!.push(member);
    bytes += bytesOf(member);
    ingests += member.ingests.length;
  }
  return all;
};

/** The ingests' rows as few objects: merged ones where they hold nothing else, the larger first; each row once. */
export const fewestObjects = (ingests: readonly Ingest[], compactions: readonly Compaction[]): DatasetObject[] => {
  const wanted = new Set(ingests.map(({ ingestId }) => ingestId));
  const taken = new Set<string>();
  const place = (partition: number, ingestId: string) => `${partition} ${ingestId}`;
  const merged: DatasetObject[] = [];
  for (const { partition, ingests: held, objects } of compactions.toSorted((a, b) => b.ingests.length - a.ingests.length || (a.compactionId < b.compactionId ? -1 : 1))) {
    if (!held.every((id) => wanted.has(id) && !taken.has(place(partition, id)))) continue;
    for (const id of held) taken.add(place(partition, id));
    merged.push(...objects);
  }
  return [...merged, ...ingests.flatMap(({ ingestId, objects }) => objects.filter(({ partition }) => !taken.has(place(partition, ingestId))))];
};

export const compactionOf = (planned: CompactionPlan, plan: ObjectVersion, objects: readonly DatasetObject[], committedAt: string): Compaction => {
  const { revision: _, members, ...facts } = planned;
  return { ...facts, ingests: members.flatMap(({ ingests }) => ingests).sort(), members: members.map(({ id }) => id), objects: [...objects], committedAt, plan, recorded: false };
};
