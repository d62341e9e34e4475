import type { DuckDBConnection } from '@duckdb/node-api';

/** A text as a SQL literal. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * Runs the work on an in-memory database that is gone afterwards. One thread: a Lambda has few, and the order of rows, hence the bytes
 * of a written Parquet file, is then the same each time. Extensions are never fetched; JSON and Parquet are built in. The library is
 * loaded at the first call, so that a function's other paths start without it. With a folder, what exceeds the memory spills into it.
 * More threads are for work whose rows find their order again; `beside` answers a further connection, for what runs at the same time.
 */
export const withDuckDb = async <T>(work: (connection: DuckDBConnection, beside: () => Promise<DuckDBConnection>) => Promise<T>, folder?: string, threads = 1): Promise<T> => {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const spill: Record<string, string> = folder ? { temp_directory: folder, memory_limit: '1GB' } : {};
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads), autoinstall_known_extensions: 'false', autoload_known_extensions: 'false', ...spill });
  const connections: DuckDBConnection[] = [];
  const connect = async (): Promise<DuckDBConnection> => {
    const connection = await instance.connect();
    connections.push(connection);
    return connection;
  };
  try {
    return await work(await connect(), connect);
  } finally {
    for (const connection of connections) connection.closeSync();
    instance.closeSync();
  }
};

/** All rows of a query, by their columns' names. */
export const rowsOf = async (connection: DuckDBConnection, sql: string): Promise<Record<string, unknown>[]> => (await connection.runAndReadAll(sql)).getRowObjects();
