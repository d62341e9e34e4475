import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '../lambdas/domain/governance/openapi.ts';

/** docs/openapi.json: `node cli/generate-openapi.ts` writes it, with `--check` it says whether it is what the routes and schemas make. */
const PATH = join(import.meta.dirname, '..', 'docs', 'openapi.json');
const made = `${JSON.stringify(openApiDocument(), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(PATH, made);
} else if (readFileSync(PATH, 'utf8') !== made) {
  console.error('error: docs/openapi.json is not what the routes and schemas make: run node cli/generate-openapi.ts');
  process.exitCode = 1;
}
