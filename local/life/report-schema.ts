import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { Report } from './report.ts';

/** docs/report.schema.json: `node local/life/report-schema.ts` writes it, with `--check` it says whether it is what the report's contract makes. */
const PATH = join(import.meta.dirname, '..', '..', 'docs', 'report.schema.json');
const schema = { title: 'Report of a life', description: 'What `npm start -- --report FILE` writes. Parts that the life did not reach are absent.', ...z.toJSONSchema(Report) };
const made = `${JSON.stringify(schema, null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(PATH, made);
} else if (readFileSync(PATH, 'utf8') !== made) {
  console.error('error: docs/report.schema.json is not what local/life/report.ts makes: run node local/life/report-schema.ts');
  process.exitCode = 1;
}
