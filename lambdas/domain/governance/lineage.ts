import type { LineageEdge, LineageWalk } from '../../contracts/lineage.ts';

export type Neighbours = (id: string, direction: 'up' | 'down') => Promise<LineageEdge[]>;

/** A walk stops after so many edges each way: an id that touched everything is answered in part, and says so. */
export const MOST_EDGES = 500;

/** Breadth first both ways from an id, each edge once. */
export const walkLineage = async (id: string, neighbours: Neighbours): Promise<LineageWalk> => {
  const walk = async (direction: 'up' | 'down') => {
    const found: LineageWalk['upstream'] = [];
    const seen = new Set([id]);
    let frontier = [id];
    let truncated = false;
    for (let depth = 1; frontier.length > 0 && !truncated; depth++) {
      const next: string[] = [];
      for (const node of frontier) {
        for (const edge of await neighbours(node, direction)) {
          if (found.length >= MOST_EDGES) {
            truncated = true;
            break;
          }
          found.push({ ...edge, depth });
          const other = direction === 'up' ? edge.from : edge.to;
          if (!seen.has(other)) {
            seen.add(other);
            next.push(other);
          }
        }
        if (truncated) break;
      }
      frontier = next;
    }
    return { found, truncated };
  };
  const [up, down] = [await walk('up'), await walk('down')];
  return { id, upstream: up.found, downstream: down.found, truncated: up.truncated || down.truncated };
};
