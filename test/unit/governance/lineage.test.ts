import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LineageEdge } from '../../../lambdas/contracts/lineage.ts';
import { LIMITS, type Neighbours, walkLineage } from '../../../lambdas/domain/governance/lineage.ts';

const edge = (from: string, to: string): LineageEdge => ({ from, to, relation: 'made', at: '2026-01-01T00:00:00.000Z' });
const graph =
  (edges: LineageEdge[]): Neighbours =>
  async (id, direction) => ({ edges: edges.filter(({ from, to }) => (direction === 'up' ? to : from) === id), complete: true });
const life = [
  edge('upl_1', 'ing_1'),
  edge('upl_2', 'ing_2'),
  edge('ing_1', 'ds_1'),
  edge('ing_2', 'ds_1'),
  edge('ds_1', 'run_1'),
  edge('run_1', 'warfarin@1'),
  edge('warfarin@1', 'rev_1'),
  edge('warfarin@1', 'prd_1'),
];

describe('walkLineage', () => {
  it('walks from a prediction up to every source file, nearest first', async () => {
    const { upstream, downstream, truncated } = await walkLineage('prd_1', graph(life));
    assert.deepEqual(
      upstream.map(({ from, depth }) => `${depth} ${from}`),
      ['1 warfarin@1', '2 run_1', '3 ds_1', '4 ing_1', '4 ing_2', '5 upl_1', '5 upl_2'],
    );
    assert.deepEqual(downstream, []);
    assert.equal(truncated, false);
  });

  it('walks from a source file down to all it touched, and to nothing else', async () => {
    const { upstream, downstream } = await walkLineage('upl_2', graph(life));
    assert.deepEqual(
      downstream.map(({ to }) => to),
      ['ing_2', 'ds_1', 'run_1', 'warfarin@1', 'rev_1', 'prd_1'],
    );
    assert.deepEqual(upstream, []);
  });

  it('ends on a circle: an alarm that made a retraining that made an alarm', async () => {
    const { downstream } = await walkLineage('alm_1', graph([edge('alm_1', 'ret_1'), edge('ret_1', 'run_1'), edge('run_1', 'alm_1')]));
    assert.equal(downstream.length, 3);
  });

  it('says when it left something out, and lets no kind crowd out another', async () => {
    const many = [...Array.from({ length: 300 }, (_, i) => edge('warfarin@1', `prd_${i}`)), edge('warfarin@1', 'rol_1')];
    const { downstream, truncated } = await walkLineage('warfarin@1', graph(many));
    assert.equal(downstream.length, LIMITS.ofAKind + 1);
    assert.ok(downstream.some(({ to }) => to === 'rol_1'));
    assert.equal(truncated, true);
    assert.equal((await walkLineage('warfarin@1', graph(many), { ...LIMITS, edges: 10 })).downstream.length, 10);
    assert.equal((await walkLineage('warfarin@1', async () => ({ edges: [], complete: false }))).truncated, true);
  });
});
