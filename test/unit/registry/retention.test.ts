import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Retention } from '../../../lambdas/contracts/project.ts';
import { dueOf, hasRules } from '../../../lambdas/domain/projects/retention.ts';

const DAY = 86_400_000;
const NOW = 1000 * DAY;
const active = (endedDaysAgo?: number) => ({ runId: 'a', lifecycle: 'active' as const, ...(endedDaysAgo === undefined ? {} : { endTime: NOW - endedDaysAgo * DAY }) });
const deleted = (daysAgo: number) => ({ runId: 'a', lifecycle: 'deleted' as const, endTime: 0, deletedAt: NOW - daysAgo * DAY });

describe('a project’s retention', () => {
  it('deletes what ended so long ago, removes what was deleted so long ago, from that moment on', () => {
    assert.deepEqual(
      [9.99, 10].map((days) => dueOf({ endedRunsDays: 10 }, active(days), NOW)),
      [null, 'delete'],
    );
    assert.deepEqual(
      [9.99, 10].map((days) => dueOf({ deletedRunsDays: 10 }, deleted(days), NOW)),
      [null, 'remove'],
    );
  });

  it('leaves what still runs, and what no rule is for', () => {
    assert.equal(dueOf({ endedRunsDays: 0, deletedRunsDays: 0 }, active(), NOW), null);
    assert.equal(dueOf({ deletedRunsDays: 0 }, active(500), NOW), null);
    assert.equal(dueOf({ endedRunsDays: 0 }, deleted(500), NOW), null);
    assert.equal(hasRules(undefined) || hasRules({}), false);
  });

  it('never removes at once what it deletes: a run is deleted first, and counts from then on', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.nat(2000), (endedRunsDays, deletedRunsDays, age) => {
        assert.notEqual(dueOf({ endedRunsDays, deletedRunsDays }, active(age), NOW), 'remove');
        assert.notEqual(dueOf({ endedRunsDays, deletedRunsDays }, deleted(age), NOW), 'delete');
      }),
    );
  });

  it('takes whole days up to a hundred years', () => {
    for (const days of [-1, 0.5, 36_501, '7']) assert.equal(Retention.safeParse({ deletedRunsDays: days }).success, false, String(days));
    assert.equal(Retention.safeParse({ deletedRunsDays: 0, endedRunsDays: 36_500 }).success, true);
  });
});
