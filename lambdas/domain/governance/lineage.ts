import type { LineageEdge, LineageWalk } from '../../contracts/lineage.ts';

type Direction = 'up' | 'down';
/** Edges of a node one way; `complete` is false where there are more than were read. */
export type Neighbours = (id: string, direction: Direction) => Promise<{ edges: readonly LineageEdge[]; complete: boolean }>;
export type Limits = { edges: number; ofAKind: number; depth: number };

/** An id that touched everything is answered in part, and the answer says so. */
export const LIMITS: Limits = { edges: 2000, ofAKind: 100, depth: 40 };

/** This many nodes of a level are read at once. */
const AT_ONCE = 16;

/** Breadth first both ways from an id, each edge once, nearest first. */
export const walkLineage = async (id: string, neighbours: Neighbours, limits: Limits = LIMITS): Promise<LineageWalk> => {
  const [up, down] = await Promise.all([walk(id, 'up', neighbours, limits), walk(id, 'down', neighbours, limits)]);
  return { id, upstream: up.edges, downstream: down.edges, truncated: up.truncated || down.truncated };
};

const walk = async (id: string, direction: Direction, neighbours: Neighbours, limits: Limits) => {
  const edges: LineageWalk['upstream'] = [];
  const seen = new Set([id]);
  let truncated = false;
  let level = [id];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limits.depth) return { edges, truncated: true };
    const next: string[] = [];
    for (let start = 0; start < level.length; start += AT_ONCE) {
      const read = await Promise.all(level.slice(start, start + AT_ONCE).map((node) => neighbours(node, direction)));
      for (const { edges: found, complete } of read) {
        const kept = fewOfAKind(found, direction, limits.ofAKind);
        truncated ||= !complete || kept.length < found.length;
        for (const edge of kept) {
          if (edges.length >= limits.edges) return { edges, truncated: true };
          edges.push({ ...edge, depth });
          const other = farEnd(edge, direction);
          if (seen.has(other)) continue;
          seen.add(other);
          next.push(other);
        }
      }
    }
    level = next;
  }
  return { edges, truncated };
};

const farEnd = (edge: LineageEdge, direction: Direction): string => (direction === 'up' ? edge.from : edge.to);

/** `prd_…` is a prediction, `warfarin@3` a model version. */
const kindOf = (id: string): string => (id.includes('@') ? '@' : id.slice(0, id.indexOf('_') + 1));

/** At most so many neighbours of each kind: thousands of predictions leave room for the one rollout. */
const fewOfAKind = (edges: readonly LineageEdge[], direction: Direction, most: number): LineageEdge[] => {
  const counts = new Map<string, number>();
  return edges.filter((edge) => {
    const kind = kindOf(farEnd(edge, direction));
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count <= most;
  });
};
