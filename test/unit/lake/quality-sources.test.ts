import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { qualityVerdict } from '../../../lambdas/domain/lake/quality/results.ts';
import { qualityOf } from './quality-of.ts';
import { breachesOf } from './quality-tables.ts';
import { xptBytes } from './xpt-bytes.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SHARED = join(ROOT, '..', 'shared', 'data');
const fixture = (path: string): string => readFileSync(join(ROOT, 'test', 'fixtures', path), 'utf8');

/** A century early: what a two-digit year becomes. */
const early = (text: string): string => text.replaceAll(/\b20(\d\d)(?=-)/g, '19$1');
/** The clock of a device that was never set. */
const late = (text: string): string => text.replaceAll(/\b20\d\d(?=-)/g, '2089').replaceAll(/\/20\d\d\b/g, '/2089');

const demographics = (year: number): Buffer =>
  xptBytes({
    name: 'DM',
    columns: ['STUDYID', 'DOMAIN', 'USUBJID', 'SUBJID', 'RFSTDTC', 'RFICDTC', 'SITEID', 'AGEU', 'SEX', 'RACE', 'ETHNIC', 'ARMCD', 'ARM', 'COUNTRY']
      .map((name): { name: string; type: 'character'; bytes: number } => ({ name, type: 'character', bytes: 24 }))
      .concat([{ name: 'AGE', type: 'number' } as never]),
    rows: ['001', '002', '003'].map((subject, index) => [
      ...['SYN1', 'DM', `SYN1-${subject}`, subject, `${year}-03-1${index}`, `${year}-03-0${index + 1}`, 'S01', 'YEARS', index === 0 ? 'M' : 'F'],
      ...['WHITE', 'NOT HISPANIC OR LATINO', 'WARF', 'Warfarin', 'USA'],
      60 + index,
    ]),
  });

/** The shipped Dataset-JSON domains, less the rows that are planted to be told apart: a subject of unknown sex, a day before the visit. */
const domains = (): string[] =>
  ['ae', 'cm', 'dm', 'ds', 'ex', 'mh', 'vs'].map((domain) => {
    const content = JSON.parse(fixture(`dataset-json/${domain}.json`)) as { rows: unknown[][]; records: number };
    content.rows = content.rows.filter((row) => !row.includes('SYN1-003'));
    return JSON.stringify({ ...content, records: content.rows.length });
  });

/** Files of each format as they should be, a spoiled copy, and a check that must find what was done to it. */
const FORMATS: { source: string; good: () => (string | Buffer)[]; spoiled: () => (string | Buffer)[]; finds: RegExp }[] = [
  { source: 'odm', good: () => [fixture('odm/sdtm-domains-1.3.2.xml')], spoiled: () => [early(fixture('odm/sdtm-domains-1.3.2.xml'))], finds: /^plausibleValueLow / },
  { source: 'dataset-json', good: domains, spoiled: () => domains().filter((text) => !text.includes('"IG.DM"')), finds: /^isForeignKey \w+\.person_id / },
  { source: 'xpt', good: () => [demographics(2014)], spoiled: () => [demographics(1914)], finds: /^plausibleValueLow observation_period\./ },
  { source: 'cgm', good: () => [fixture('cgm/readings.csv')], spoiled: () => [late(fixture('cgm/readings.csv'))], finds: /^plausibleValueHigh measurement\.measurement_date / },
  {
    source: 'fitbit-csv',
    good: () => [fixture('fitbit/daily-activity.csv'), fixture('fitbit/weight-log.csv')],
    spoiled: () => [late(fixture('fitbit/daily-activity.csv')), fixture('fitbit/weight-log.csv')],
    finds: /^plausibleValueHigh measurement\.measurement_date /,
  },
  {
    source: 'open-mhealth',
    good: () => [fixture('open-mhealth/points.ndjson'), fixture('open-mhealth/bodies.json')],
    spoiled: () => [fixture('open-mhealth/points.ndjson'), early(fixture('open-mhealth/bodies.json'))],
    finds: /^plausibleValueLow measurement\.measurement_date /,
  },
];

describe('the data quality of each format’s files', () => {
  for (const { source, good, spoiled, finds } of FORMATS) {
    test(`${source}: good files pass`, async () => {
      const results = await qualityOf(source, good());
      assert.deepEqual(breachesOf(results), []);
      assert.ok(
        results.some(({ status, table, check }) => status === 'pass' && table === 'observation_period' && check === 'isRequired'),
        'rows were checked',
      );
      assert.equal(qualityVerdict(results).verdict, 'pass');
    });

    test(`${source}: a spoiled copy is found`, async () => {
      const breaches = breachesOf(await qualityOf(source, spoiled()));
      assert.ok(
        breaches.some((breach) => finds.test(breach)),
        breaches.join('\n') || 'no breach',
      );
    });
  }
});

describe('the data quality of real files', { skip: existsSync(SHARED) ? false : 'the shared data are not beside the checkout' }, () => {
  const real: [source: string, ...patterns: string[]][] = [
    ['dataset-json', 'cdisc/dataset-json/dm.json', 'cdisc/dataset-json/ae.json'],
    ['xpt', 'cdisc/dataset-json/dm.xpt'],
    ['cgm', 'cgm/*.csv'],
    ['fitbit-csv', 'fitbit-bellabeat/*.csv'],
    ['open-mhealth', 'open-mhealth/**/shouldPass/*.json'],
  ];
  for (const [source, ...patterns] of real) {
    test(source, async () => {
      const files = patterns.flatMap((pattern) => globSync(join(SHARED, pattern))).sort();
      assert.ok(files.length > 0, patterns.join(' '));
      assert.deepEqual(
        breachesOf(
          await qualityOf(
            source,
            files.map((path) => ({ path })),
          ),
        ),
        [],
      );
    });
  }
});
