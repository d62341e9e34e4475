import type { CodedConcept } from '../domain/lake/vocabulary/concept-of.ts';
import { literal, withDuckDb } from './duckdb.ts';

export type Code = { vocabulary: string; code: string };

/**
 * What a loaded vocabulary says of codes, each as `conceptOf` would; a code that maps to several standard concepts has the one of the
 * lowest id first. The file is sorted by vocabulary and code: few of its row groups are read.
 */
export const lookUpCodes = (sourceToStandard: string, codes: readonly Code[]): Promise<CodedConcept[][]> =>
  withDuckDb(async (connection) => {
    if (codes.length === 0) return [];
    const asked = codes.map(({ vocabulary, code }, index) => `(${index}, ${literal(vocabulary)}, ${literal(code)})`);
    const found = await connection.runAndReadAll(
      `SELECT a.place, v.source_concept_id, coalesce(v.standard_concept_id, 0) AS concept_id, v.standard_domain_id AS domain_id
       FROM (VALUES ${asked.join(', ')}) a(place, vocabulary_id, concept_code)
       JOIN read_parquet(${literal(sourceToStandard)}) v ON v.vocabulary_id = a.vocabulary_id AND v.concept_code = a.concept_code ORDER BY a.place, concept_id`,
    );
    const answers = codes.map((): CodedConcept[] => []);
    for (const row of found.getRowObjects()) {
      const domain = row['domain_id'] === null ? null : String(row['domain_id']);
      answers[Number(row['place'])]!.push({ conceptId: Number(row['concept_id']), sourceConceptId: Number(row['source_concept_id']), domain, ingredients: [] });
    }
    return answers;
  });
