/**
 * The vocabulary files of an Athena download (https://athena.ohdsi.org) that are read: columns of the CDM's vocabulary tables and their
 * DuckDB types; dates are written YYYYMMDD.
 */
export const ATHENA_FILES = {
  concept: {
    concept_id: 'INTEGER',
    concept_name: 'VARCHAR',
    domain_id: 'VARCHAR',
    vocabulary_id: 'VARCHAR',
    concept_class_id: 'VARCHAR',
    standard_concept: 'VARCHAR',
    concept_code: 'VARCHAR',
    valid_start_date: 'DATE',
    valid_end_date: 'DATE',
    invalid_reason: 'VARCHAR',
  },
  concept_relationship: {
    concept_id_1: 'INTEGER',
    concept_id_2: 'INTEGER',
    relationship_id: 'VARCHAR',
    valid_start_date: 'DATE',
    valid_end_date: 'DATE',
    invalid_reason: 'VARCHAR',
  },
  concept_ancestor: { ancestor_concept_id: 'INTEGER', descendant_concept_id: 'INTEGER', min_levels_of_separation: 'INTEGER', max_levels_of_separation: 'INTEGER' },
  vocabulary: { vocabulary_id: 'VARCHAR', vocabulary_name: 'VARCHAR', vocabulary_reference: 'VARCHAR', vocabulary_version: 'VARCHAR', vocabulary_concept_id: 'INTEGER' },
  domain: { domain_id: 'VARCHAR', domain_name: 'VARCHAR', domain_concept_id: 'INTEGER' },
} as const satisfies Record<string, Readonly<Record<string, 'INTEGER' | 'VARCHAR' | 'DATE'>>>;

export type AthenaTable = keyof typeof ATHENA_FILES;
export const REQUIRED_FILES = ['concept', 'concept_relationship', 'vocabulary'] as const satisfies readonly AthenaTable[];

/** The table of a file with this header, or null: the download has others, which are not needed. */
export const athenaTableOf = (header: readonly string[]): AthenaTable | null => {
  const columns = new Set(header.map((name) => name.trim().toLowerCase()));
  const tables = Object.keys(ATHENA_FILES) as AthenaTable[];
  return tables.find((table) => columns.size === Object.keys(ATHENA_FILES[table]).length && Object.keys(ATHENA_FILES[table]).every((column) => columns.has(column))) ?? null;
};

/** `v5.0 27-FEB-25`: the release that the vocabulary named None tells; null where it is written otherwise. */
export const releaseOf = (vocabularyVersion: string): string | null => (/^v5\.\d+ \d{2}-[A-Z]{3}-\d{2}$/.test(vocabularyVersion.trim()) ? vocabularyVersion.trim() : null);
