import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { LineageEdge } from '../contracts/lineage.ts';
import { dynamo } from './clients.ts';
import { queryDocuments } from './documents.ts';

/** Writes edges; the same edge twice is one edge. Both directions are stored, so that a walk either way is a query. */
export const addEdges = async (table: string, edges: Omit<LineageEdge, 'at'>[], at = new Date().toISOString()): Promise<void> => {
  const items = edges.flatMap((edge) => [
    { pk: edge.from, sk: `DOWN#${edge.to}`, ...edge, at },
    { pk: edge.to, sk: `UP#${edge.from}`, ...edge, at },
  ]);
  for (let start = 0; start < items.length; start += 25) {
    let pending: Record<string, unknown>[] = items.slice(start, start + 25);
    while (pending.length > 0) {
      const { UnprocessedItems } = await dynamo().send(new BatchWriteCommand({ RequestItems: { [table]: pending.map((Item) => ({ PutRequest: { Item } })) } }));
      pending = (UnprocessedItems?.[table] ?? []).map((request) => request.PutRequest!.Item!);
    }
  }
};

export const edgesDown = (table: string, id: string, limit?: number): Promise<LineageEdge[]> => queryDocuments<LineageEdge>(table, id, 'DOWN#', limit ? { limit } : {});
export const edgesUp = (table: string, id: string, limit?: number): Promise<LineageEdge[]> => queryDocuments<LineageEdge>(table, id, 'UP#', limit ? { limit } : {});
