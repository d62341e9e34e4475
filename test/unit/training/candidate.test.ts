import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Dataset } from '../../../lambdas/contracts/dataset.ts';
import type { Run } from '../../../lambdas/contracts/run.ts';
import { digestList } from '../../../lambdas/domain/review/evidence-sections.ts';
import { Provenance, candidateOf } from '../../../lambdas/domain/training/candidate.ts';
import { requireModel } from '../../../lambdas/domain/training/models.ts';

const sha = (digit: string) => digit.repeat(64);
const run = {
  runId: 'run_00000001',
  model: 'warfarin',
  datasetId: 'ds_00000001',
  createdBy: 'ann',
  contextOfUse: 'dose-decision-support',
  training: { digest: sha('1'), files: [], prefix: '' },
  evaluation: { digest: sha('2'), files: [], prefix: '' },
  gates: [],
  gatesEvidence: { sha256: sha('3') },
  features: { viewDigest: sha('4') },
} as unknown as Run;
const dataset = { contentSha256: sha('5'), manifest: {} } as unknown as Dataset;
const image = { reference: `repository@sha256:${sha('8')}` };
const trained: Provenance = { code: { digest: sha('6') }, environment: { digest: sha('7') }, image };

describe('a candidate', () => {
  it('carries the digests of everything that made it, and the image where there was one', () => {
    const { digests } = candidateOf(run, dataset, requireModel('warfarin'), trained, '2026-01-01T00:00:00.000Z');
    const { contextOfUse, ...others } = digests;
    assert.match(contextOfUse, /^[0-9a-f]{64}$/);
    assert.deepEqual(others, {
      model: sha('1'),
      data: sha('5'),
      gates: sha('3'),
      code: sha('6'),
      environment: sha('7'),
      container: image.reference,
      featureView: sha('4'),
    });
    assert.equal('container' in candidateOf(run, dataset, requireModel('warfarin'), { ...trained, image: null }, '2026-01-01T00:00:00.000Z').digests, false);
  });

  it('whose image nobody said says so on its pages', () => {
    const shown = (said: Provenance) => digestList({ ...candidateOf(run, dataset, requireModel('warfarin'), said, '2026-01-01T00:00:00.000Z'), version: 1 }).text;
    assert.match(shown(trained), new RegExp(`Digest: container.*${image.reference}`));
    assert.match(shown({ ...trained, image: null }), /Digest: container.*not known.*PROBAND_IMAGE/);
  });

  it('is none where the training does not say what it ran', () => {
    for (const said of [
      {},
      { code: 'unknown', environment: trained.environment },
      { ...trained, environment: { digest: 'short' } },
      { ...trained, image: undefined },
      { ...trained, image: { reference: 'repository:latest' } },
    ])
      assert.equal(Provenance.safeParse(said).success, false);
  });

  it('is none before it was trained, evaluated and gated', () => {
    assert.throws(() => candidateOf({ ...run, gates: undefined } as unknown as Run, dataset, requireModel('warfarin'), trained, ''), /has not been trained, evaluated and gated/);
  });
});
