import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { extensionOf } from '../../../cli/landing.ts';
import { FILES_OF } from './planted/files-of.ts';
import { KEY, KINDS, PLANTED, type PlantedFile, memberNamed } from './planted/identifiers.ts';
import { type Leaving, leaving } from './planted/leaving.ts';

/** The tables that good records among the planted make rows of. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  fhir: ['person', 'measurement', 'visit_occurrence', 'device_exposure'],
  'fhir-ndjson': ['person', 'measurement', 'visit_occurrence', 'device_exposure'],
  odm: ['person', 'condition_occurrence', 'drug_exposure'],
  'dataset-json': ['person', 'condition_occurrence', 'drug_exposure'],
  xpt: ['person', 'condition_occurrence', 'drug_exposure'],
  vcf: ['measurement', 'observation'],
  'open-mhealth': ['measurement'],
  cgm: ['measurement'],
  'fitbit-csv': ['measurement'],
  iwpc: ['person', 'measurement', 'drug_exposure'],
  'synthea-csv': ['person', 'visit_occurrence', 'condition_occurrence', 'drug_exposure', 'observation'],
  'omop-csv': ['person', 'measurement', 'drug_exposure', 'visit_detail', 'fact_relationship'],
};

const texts = (value: unknown): string => JSON.stringify(value).toLowerCase();
/** As it stands in JSON, and as base64, addresses and names of members have it; one of digits alone could be a part of any number. */
const formsOf = (planted: string): string[] =>
  [
    planted,
    /[A-Za-z]{3}/.test(planted) ? memberNamed(planted) : planted,
    Buffer.from(planted).toString('base64'),
    encodeURIComponent(planted),
    planted.replaceAll(/[^A-Za-z0-9.-]/g, '-'),
  ].map((form) => JSON.stringify(form).slice(1, -1).toLowerCase());

it('a file’s name stays with its sender, also where its ending is a name', () => {
  assert.deepEqual(['report.erika', 'erika.m@example.org', 'no ending', 'erika.csv', 'erika.VCF.gz'].map(extensionOf), [undefined, undefined, undefined, 'csv', 'vcf']);
});

for (const [source, files] of Object.entries(FILES_OF)) {
  describe(`identifiers planted in files of source ${source}`, () => {
    let planted: PlantedFile[];
    let left: Leaving;
    before(async () => {
      planted = files();
      left = await leaving(source, planted);
    });

    it('good records among them are admitted, bad ones are left out', () => {
      for (const table of TABLES[source]!) assert.ok((left.rows[table] ?? []).length > 0, `${table} has no rows: ${JSON.stringify(left.answer.report)}`);
      assert.ok(left.answer.report.quarantinedRows > 0);
      assert.ok(left.quarantine.includes(PLANTED['A name']), 'the quarantine keeps the source’s own text');
    });

    for (const kind of [...KINDS, 'the patient’s key'] as const) {
      it(`${kind}: none leaves the landing zone`, () => {
        const said = kind === 'the patient’s key' ? KEY : PLANTED[kind];
        assert.ok(
          planted.some(({ content }) => content.toString('utf8').includes(JSON.stringify(said).slice(1, -1).replaceAll('&', '&amp;'))),
          'it is planted',
        );
        for (const part of ['rows', 'readings', 'answer', 'check', 'said'] as const) {
          for (const form of formsOf(said)) {
            const at = texts(left[part]).indexOf(form);
            assert.equal(at, -1, `${part}: …${texts(left[part]).slice(Math.max(0, at - 200), at + 80)}…`);
          }
        }
      });
    }
  });
}
