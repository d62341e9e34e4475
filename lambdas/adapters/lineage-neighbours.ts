import type { LineageEdge } from '../contracts/lineage.ts';
import type { Neighbours } from '../domain/governance/lineage.ts';
import { queryDocuments } from './documents.ts';
import { edgesDown, edgesUp } from './lineage-store.ts';

/** A node with more edges than this is read kind by kind, so that its predictions do not hide its rollouts. */
const MOST_AT_ONCE = 200;
const KINDS = ['upl_', 'ing_', 'ds_', 'run_', 'rev_', 'sig_', 'rol_', 'prd_', 'trl_', 'mon_', 'alm_', 'ret_'];

/** Edges of a node one way; of a node with very many, at most `MOST_AT_ONCE` of each kind. */
export const neighboursIn =
  (table: string): Neighbours =>
  async (id, direction) => {
    const found = await (direction === 'up' ? edgesUp : edgesDown)(table, id, MOST_AT_ONCE);
    if (found.length < MOST_AT_ONCE) return { edges: found, complete: true };
    const side = direction === 'up' ? 'UP#' : 'DOWN#';
    const byKind = await Promise.all(KINDS.map((kind) => queryDocuments<LineageEdge>(table, id, `${side}${kind}`, { limit: MOST_AT_ONCE })));
    return { edges: [...new Map([...found, ...byKind.flat()].map((edge) => [`${edge.from} ${edge.to}`, edge])).values()], complete: false };
  };
