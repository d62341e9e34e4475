import type { DuckDBConnection } from '@duckdb/node-api';
import { OMOP_TABLES, type OmopTable } from '../domain/lake/omop-tables.ts';
import { type Terms, isTellableTerm } from '../domain/lake/source-terms.ts';
import { literal } from './duckdb.ts';

/** Pseudonyms, and the sites' own codes, which splits and the leakage guard are made by. */
const APART: ReadonlySet<string> = new Set(['person_source_value', 'care_site_source_value']);
const termColumns = (table: OmopTable): string[] =>
  Object.entries(OMOP_TABLES[table].columns).flatMap(([name, type]) =>
    type === 'VARCHAR' && (name === 'value_as_string' || name.endsWith('_source_value')) && !APART.has(name) ? [name] : [],
  );

/** Replaces, in place, each term that may not be told as it is. Whatever format the staged rows are from, they come by here. */
export const keyTerms = async (connection: DuckDBConnection, tables: readonly OmopTable[], stagedTable: (table: OmopTable) => string, { words, keyed }: Terms): Promise<void> => {
  for (const table of tables) {
    const columns = termColumns(table);
    if (columns.length === 0) continue;
    const said = columns.map((name) => `SELECT DISTINCT ${literal(name)} AS name, "${name}" AS said FROM ${stagedTable(table)} WHERE "${name}" IS NOT NULL`);
    const found = await connection.runAndReadAll(`${said.join(' UNION ALL ')} ORDER BY ALL`);
    const untold = found
      .getRows()
      .map(([name, term]) => ({ name: String(name), said: String(term) }))
      .filter((each) => !isTellableTerm(each.said, words));
    if (untold.length === 0) continue;
    await connection.run('CREATE OR REPLACE TEMP TABLE untold (name VARCHAR, said VARCHAR, kept VARCHAR)');
    const appender = await connection.createAppender('untold');
    for (const { name, said } of untold) {
      appender.appendVarchar(name);
      appender.appendVarchar(said);
      if (keyed) appender.appendVarchar(keyed(said));
      else appender.appendNull();
      appender.endRow();
    }
    appender.closeSync();
    for (const name of new Set(untold.map((each) => each.name)))
      await connection.run(`UPDATE ${stagedTable(table)} AS s SET "${name}" = u.kept FROM untold u WHERE u.name = ${literal(name)} AND u.said = s."${name}"`);
  }
};
