import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AuditEvent } from '../../../lambdas/contracts/audit.ts';
import { fittingEvents } from '../../../lambdas/domain/governance/export-page.ts';

const event = (sequence: number, filler: string) => ({ sequence, data: { filler } }) as unknown as AuditEvent;
const size = (events: readonly AuditEvent[]) => events.reduce((bytes, each) => bytes + Buffer.byteLength(JSON.stringify(each)), 0);

describe('fittingEvents', () => {
  it('keeps the longest beginning that fits, and at least one event', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 200, unit: 'grapheme' }), { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 3000 }), (fillers, most) => {
        const events = fillers.map((filler, index) => event(index, filler));
        const kept = fittingEvents(events, most);
        assert.deepEqual(kept, events.slice(0, kept.length));
        assert.ok(kept.length === 1 || size(kept) <= most);
        assert.ok(kept.length === events.length || size(events.slice(0, kept.length + 1)) > most);
      }),
    );
  });
});
