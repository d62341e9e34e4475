import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import shipped from '../../../config/sources/dataset-json.json' with { type: 'json' };
import sdtm from '../../../config/sources/sdtm.json' with { type: 'json' };
import { DatasetJsonMap } from '../../../lambdas/domain/lake/formats/dataset-json/map.ts';
import { QUANTITIES, toStandardUnit, UCUM_CODES, ucumOf } from '../../../lambdas/domain/lake/formats/table/units.ts';

type Json = { [key: string]: unknown };

/** What a map is told with one place of it changed. */
const told = (mapping: unknown): string => {
  const parsed = DatasetJsonMap.safeParse({ ...shipped, mapping });
  assert.ok(!parsed.success);
  return parsed.error.issues.map(({ path, message }) => `${path.map(String).join(' › ')}: ${message}`).join('; ');
};
const changed = (change: (mapping: Json) => void): string => {
  const mapping = structuredClone(sdtm.mapping) as Json;
  change(mapping);
  return told(mapping);
};
const table = (mapping: Json, name: string): Json => (mapping['tables'] as Json)[name] as Json;

describe('a mapping of tables', () => {
  it('is the one that ships', () => {
    assert.ok(DatasetJsonMap.safeParse(shipped).success);
    assert.ok(DatasetJsonMap.safeParse({ ...shipped, mapping: sdtm.mapping }).success);
  });

  it('is refused with the key and what is allowed there', () => {
    assert.match(told('sdtmm'), /^mapping: must be a mapping, or the name of a shared one: sdtm$/);
    assert.match(told(7), /^mapping: .*expected object/);
    assert.match(
      changed((mapping) => {
        ((table(mapping, 'DM')['columns'] as Json)['SEX'] as Json)['list'] = 'SEXES';
      }),
      /^mapping › tables › DM › columns › SEX › list: must be one of SEX, RACE/,
    );
    assert.match(
      changed((mapping) => {
        ((table(mapping, 'DM')['columns'] as Json)['SEX'] as Json)['type'] = 'enum';
      }),
      /^mapping › tables › DM › columns › SEX › type: Invalid/,
    );
    assert.match(
      changed((mapping) => {
        table(mapping, 'VS')['subject'] = 'SUBJECT';
      }),
      /^mapping › tables › VS › subject: must be one of STUDYID, USUBJID/,
    );
    assert.match(
      changed((mapping) => {
        (((table(mapping, 'EX')['rows'] as Json[])[0] as Json)['date'] as unknown[])[0] = 'EXDOSE';
      }),
      /^mapping › tables › EX › rows › 0 › date › 0: must be a column of type date: EXSTDTC, EXENDTC/,
    );
    assert.match(
      changed((mapping) => {
        ((table(mapping, 'EX')['rows'] as Json[])[0] as Json)['type'] = 'diary';
      }),
      /^mapping › tables › EX › rows › 0 › type: .*"case report form"/,
    );
    assert.match(
      changed((mapping) => {
        ((table(mapping, 'LB')['rows'] as Json[])[0] as Json)['dose'] = 'LBSTRESN';
      }),
      /^mapping › tables › LB › rows › 0: Unrecognized key: "dose"/,
    );
    assert.match(
      changed((mapping) => {
        ((mapping['targets'] as Json)['vital signs'] as Json)['HR'] = { concept: 'hart_rate' };
      }),
      /^mapping › targets › vital signs › HR › concept: must be one of .*body_weight/,
    );
    assert.match(
      changed((mapping) => {
        ((mapping['targets'] as Json)['vital signs'] as Json)['HR'] = { quantity: 'rate' };
      }),
      /quantity: must be one of body weight, /,
    );
    assert.match(
      changed((mapping) => {
        (table(mapping, 'DM')['columns'] as Json)['RFSTDTC'] = { type: 'date', formats: ['DD/MM'] };
      }),
      /RFSTDTC › formats › 0: must be iso8601, posix-seconds, posix-milliseconds, or a pattern/,
    );
  });
});

describe('units', () => {
  it('are known by their spellings', () => {
    for (const [spelling, code] of [
      ['LB', '[lb_av]'],
      ['mmHg', 'mm[Hg]'],
      ['BEATS/MIN', '/min'],
      ['10^9/L', '10*9/L'],
      ['IU/L', 'U/L'],
      ['µmol/L', 'umol/L'],
      ['THOU/UL', '10*3/uL'],
      ['mU/mL', 'U/L'],
      ['G/L', 'g/L'],
    ] as const)
      assert.equal(ucumOf(spelling), code);
    assert.equal(ucumOf('furlong'), null);
    // of milli and mega, gram and giga, the case tells
    assert.deepEqual(
      ['mm', 'mM', 'g/l', 'g/L', 'G/l'].map((spelling) => ucumOf(spelling)),
      ['mm', 'mmol/L', 'g/L', 'g/L', '10*9/L'],
    );
    assert.deepEqual(
      ['cells', 'hemoglobin'].map((quantity) => ucumOf('G/L', quantity)),
      ['10*9/L', 'g/L'],
    );
    assert.equal(toStandardUnit(1, ucumOf('g/l', 'cells')!, 'cells'), null);
  });

  it('become the standard unit of what is measured, or nothing', () => {
    const close = (value: number | null, expected: number): void =>
      assert.ok(value !== null && Math.abs(value - expected) <= 1e-9 * Math.abs(expected), `${value} is not ${expected}`);
    close(toStandardUnit(98.6, '[degF]', 'body temperature'), 37);
    close(toStandardUnit(310.15, 'K', 'body temperature'), 37);
    close(toStandardUnit(70, '[in_i]', 'body height'), 177.8);
    close(toStandardUnit(100, 'mg/dL', 'glucose'), 1000 / 180.156);
    close(toStandardUnit(1, 'mg/dL', 'creatinine'), 1e4 / 113.12);
    close(toStandardUnit(0.42, '1', 'volume fraction'), 42);
    close(toStandardUnit(250, '10*3/uL', 'cells'), 250);
    close(toStandardUnit(16, 'kPa', 'systolic pressure'), 16000 / 133.322387415);
    for (const [unit, quantity] of [
      ['kg', 'glucose'],
      ['cm', 'body weight'],
      ['mmol/L', 'protein'],
      ['U/L', 'cells'],
    ] as const)
      assert.equal(toStandardUnit(1, unit, quantity), null);
  });

  it('of one dimension change places without loss', () => {
    const same = UCUM_CODES.filter((code) => toStandardUnit(1, code, 'glucose') !== null);
    fc.assert(
      fc.property(fc.constantFrom(...same), fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (code, value) => {
        const one = toStandardUnit(1, code, 'glucose')!;
        const many = toStandardUnit(value, code, 'glucose')!;
        assert.ok(Math.abs(many - one * value) <= 1e-9 * Math.abs(many));
      }),
    );
    for (const quantity of Object.keys(QUANTITIES)) assert.equal(toStandardUnit(7.25, QUANTITIES[quantity]!.unit, quantity), 7.25);
  });
});
