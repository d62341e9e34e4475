import { literal, withDuckDb } from './duckdb.ts';

/** Who is in the person files, each once, and how many `person_id` stand for more than one pseudonym (must be 0). */
export const personsIn = async (paths: readonly string[]): Promise<{ people: number[]; collisions: number }> => {
  if (paths.length === 0) return { people: [], collisions: 0 };
  return withDuckDb(async (connection) => {
    const reader = await connection.runAndReadAll(
      `SELECT person_id::VARCHAR AS person, count(DISTINCT person_source_value) AS pseudonyms FROM read_parquet([${paths.map(literal).join(', ')}]) GROUP BY person_id ORDER BY person_id`,
    );
    const rows = reader.getRowObjects();
    return { people: rows.map((row) => Number(row['person'])), collisions: rows.filter((row) => Number(row['pseudonyms']) > 1).length };
  });
};
