import { literal, withDuckDb } from './duckdb.ts';

const read = (paths: readonly string[]): string => `read_parquet([${paths.map(literal).join(', ')}], union_by_name = true)`;

/**
 * Everyone of whom files tell, each once: a measurement's source need not say who its patients are. `collisions`: how many `person_id`
 * stand for more than one pseudonym (must be 0).
 */
export const peopleIn = async ({ persons, records }: { persons: readonly string[]; records: readonly string[] }): Promise<{ people: number[]; collisions: number }> => {
  const relations = [persons, records].filter((paths) => paths.length > 0).map((paths) => `SELECT person_id FROM ${read(paths)} WHERE person_id IS NOT NULL`);
  if (relations.length === 0) return { people: [], collisions: 0 };
  return withDuckDb(async (connection) => {
    const rowsOf = async (sql: string) => (await connection.runAndReadAll(sql)).getRows();
    const people = (await rowsOf(`SELECT DISTINCT person_id::VARCHAR, person_id FROM (${relations.join(' UNION ALL ')}) ORDER BY person_id`)).map(([id]) => Number(id));
    if (persons.length === 0) return { people, collisions: 0 };
    const collided = await rowsOf(`SELECT person_id FROM ${read(persons)} GROUP BY person_id HAVING count(DISTINCT person_source_value) > 1`);
    return { people, collisions: collided.length };
  });
};
