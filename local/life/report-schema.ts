import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { Report } from './report.ts';

const PATH = join(import.meta.dirname, '..', '..', 'docs', 'report.schema.json');
const text = `${JSON.stringify({ title: 'Report of a life (npm start -- --report FILE)', ...z.toJSONSchema(Report, { target: 'draft-2020-12' }) }, null, 2)}\n`;

/** Writes docs/report.schema.json; with --check only says whether it is fresh. */
if (process.argv.includes('--check')) {
  if (readFileSync(PATH, 'utf8') !== text) {
    console.error('error: docs/report.schema.json is stale: node local/life/report-schema.ts');
    process.exit(1);
  }
} else {
  writeFileSync(PATH, text);
}
