import { withLakeView } from '../../adapters/lake-view.ts';
import { getVerified, putObject } from '../../adapters/objects.ts';
import { runQualityChecks } from '../../adapters/quality-run.ts';
import { step } from '../../adapters/step.ts';
import { DatasetManifest } from '../../contracts/dataset.ts';
import type { ObjectVersion } from '../../contracts/object.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { OMOP_TABLE_NAMES } from '../../domain/lake/omop-tables.ts';
import { qualityPage } from '../../domain/lake/quality/page.ts';
import { type QualityVerdict, qualityVerdict } from '../../domain/lake/quality/results.ts';
import { sourcesOf } from '../../domain/lake/quality/sources-of.ts';
import { Environment, Input } from './contract.ts';

const env = Environment.parse(process.env);

type Checked = Omit<QualityVerdict, 'breaches'> & { detail: string; results: ObjectVersion; page: ObjectVersion };

/** Data quality of a dataset version, by source: the results as JSON, as a page, and whether the version may be. */
export const handler = step(Input, async ({ manifest: object, into, title }): Promise<Checked> => {
  const manifest = DatasetManifest.parse(JSON.parse((await getVerified(object)).toString('utf8')));
  const results = await withLakeView(manifest, OMOP_TABLE_NAMES, (connection) => runQualityChecks(connection, sourcesOf(manifest)));
  const { breaches, ...verdict } = qualityVerdict(results);
  const put = (name: string, content: string, type: string) => putObject({ bucket: env.LAKE_BUCKET, key: `${into}${name}` }, content, type);
  return {
    ...verdict,
    detail: breaches
      .slice(0, 3)
      .map(({ source, check, table, field, percent, threshold }) => `${check} of ${table}${field ? `.${field}` : ''} (${source}): ${percent} % of at most ${threshold} %`)
      .join('; '),
    results: await put('quality.json', canonicalJson({ ...verdict, results }), 'application/json'),
    page: await put('quality.html', qualityPage(title, results, { ...verdict, breaches }), 'text/html; charset=utf-8'),
  };
});
