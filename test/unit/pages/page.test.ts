import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chartSvg } from '../../../lambdas/adapters/charts.ts';
import { facts, html, moment, number, page, raw, table } from '../../../lambdas/domain/pages/page.ts';

describe('html', () => {
  it('lets no value open a tag or leave an attribute', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { text: markup } = html`<p title="${text}">${text}</p>`;
        assert.equal((markup.match(/[<>]/g) ?? []).length, 4);
        assert.equal((markup.match(/"/g) ?? []).length, 2);
      }),
    );
  });

  it('keeps markup, joins lists and leaves nothing for nothing', () => {
    assert.equal(html`${[html`<b>${'&'}</b>`, raw('<i>x</i>'), 'a<b', 0, null, undefined, false]}`.text, '<b>&amp;</b><i>x</i>a&lt;b0');
  });
});

describe('page', () => {
  it('is a document without scripts or outside resources', () => {
    const text = page({
      title: '<script>',
      subtitle: 'of a test',
      body: facts([
        ['name', '"quoted"'],
        ['absent', undefined],
      ]),
    });
    assert.match(text, /^<!doctype html>\n<html lang="en">/);
    assert.match(text, /<title>&lt;script&gt; · Proband<\/title>/);
    assert.doesNotMatch(text, /<script|src=|href=|url\(/);
    assert.doesNotMatch(text, /absent/);
  });

  it('tables name their rows and columns', () => {
    const { text } = table(
      [
        { heading: 'Gate', cell: (row: number) => `gate ${row}` },
        { heading: 'n', numeric: true, cell: (row) => row },
      ],
      [1, 2],
    );
    assert.equal(text.match(/<th scope="row">/g)?.length, 2);
    assert.equal(text.match(/<td class="number">/g)?.length, 2);
  });
});

describe('chartSvg', () => {
  const specification = (url?: string) => ({
    description: 'a "test" <chart>',
    data: url
      ? { url }
      : {
          values: [
            { x: 1, y: 2 },
            { x: 2, y: 3 },
          ],
        },
    mark: 'point' as const,
    encoding: { x: { field: 'x', type: 'quantitative' as const }, y: { field: 'y', type: 'quantitative' as const } },
  });

  it('draws one path a point, and says what it shows', async () => {
    const svg = await chartSvg(specification());
    assert.match(svg, /^<svg role="img" aria-label="a &#34;test&#34; &#60;chart&#62;"/);
    assert.equal(svg.match(/aria-roledescription="point"/g)?.length, 2);
  });

  it('loads nothing', async () => {
    const svg = await chartSvg(specification('file:///etc/passwd'));
    assert.doesNotMatch(svg, /aria-roledescription="point"/);
  });
});

describe('number', () => {
  it('is read as it was written', () => {
    assert.deepEqual(
      [7.98215, 46.7946, -1.6036, 0.0326, 3853, 12345.6, 1, 0, 100].map((value) => number(value)),
      ['7.98', '46.8', '−1.6', '0.0326', '3,853', '12,346', '1', '0', '100'],
    );
    assert.deepEqual(
      [4.12e-6, -1.5e-10].map((value) => number(value)),
      ['4.12 × 10⁻⁶', '−1.50 × 10⁻¹⁰'],
    );
  });

  it('is within half a unit of its last digit', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), fc.boolean(), (size, negative) => {
        const value = negative ? -size : size;
        const shown = Number(number(value, 4).replaceAll(',', '').replace('−', '-'));
        assert.ok(Math.abs(shown - value) <= Math.max(Math.abs(value) * 0.5e-3, 0.5) && Math.sign(shown) === Math.sign(value));
        if (size < 1e4) assert.ok(Math.abs(shown / value - 1) <= 0.5e-3 * (1 + 1e-9));
      }),
    );
  });
});

describe('moment', () => {
  it('is in UTC, whatever the zone it was given in', () => assert.equal(moment('2026-01-01T01:30:00.123+02:00'), '2025-12-31 23:30:00 UTC'));
});
