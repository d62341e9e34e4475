import { OMOP_TABLES, OMOP_TABLE_NAMES, type OmopTable, cdmColumns } from '../../omop-tables.ts';

/**
 * Tables of CDM 5.3 and 5.4 that are not kept: the columns that tell each, and why. Columns as in OHDSI/CommonDataModel
 * inst/csv/OMOP_CDMv5.3_Field_Level.csv and OMOP_CDMv5.4_Field_Level.csv.
 */
const NOT_KEPT = {
  note: { told: ['note_id', 'note_text'], because: 'notes are free text' },
  note_nlp: { told: ['note_nlp_id', 'lexical_variant'], because: 'it quotes free text' },
  condition_era: { told: ['condition_era_id', 'condition_concept_id'], because: 'it is derived from condition_occurrence' },
  drug_era: { told: ['drug_era_id', 'drug_concept_id'], because: 'it is derived from drug_exposure' },
  dose_era: { told: ['dose_era_id', 'drug_concept_id'], because: 'it is derived from drug_exposure' },
  episode: { told: ['episode_id', 'episode_concept_id'], because: 'it is derived from other tables' },
  episode_event: { told: ['episode_id', 'event_id'], because: 'it is derived from other tables' },
  cost: { told: ['cost_id', 'cost_event_id'], because: 'costs are not kept' },
  payer_plan_period: { told: ['payer_plan_period_id', 'payer_plan_period_start_date'], because: 'insurance is not kept' },
  cohort: { told: ['cohort_definition_id', 'subject_id'], because: 'cohorts are built from the lake' },
  cohort_attribute: { told: ['cohort_definition_id', 'attribute_definition_id'], because: 'cohorts are built from the lake' },
  cohort_definition: { told: ['cohort_definition_id', 'definition_type_concept_id'], because: 'cohorts are built from the lake' },
  attribute_definition: { told: ['attribute_definition_id', 'attribute_type_concept_id'], because: 'cohorts are built from the lake' },
  metadata: { told: ['metadata_concept_id', 'metadata_type_concept_id'], because: 'it is free text' },
  concept: { told: ['concept_id', 'standard_concept'], because: 'it is vocabulary' },
  concept_ancestor: { told: ['ancestor_concept_id', 'descendant_concept_id'], because: 'it is vocabulary' },
  concept_class: { told: ['concept_class_id', 'concept_class_name'], because: 'it is vocabulary' },
  concept_relationship: { told: ['concept_id_1', 'concept_id_2'], because: 'it is vocabulary' },
  concept_synonym: { told: ['concept_id', 'concept_synonym_name'], because: 'it is vocabulary' },
  domain: { told: ['domain_id', 'domain_name'], because: 'it is vocabulary' },
  relationship: { told: ['relationship_id', 'reverse_relationship_id'], because: 'it is vocabulary' },
  vocabulary: { told: ['vocabulary_id', 'vocabulary_reference'], because: 'it is vocabulary' },
  drug_strength: { told: ['drug_concept_id', 'ingredient_concept_id'], because: 'it is vocabulary' },
  source_to_concept_map: { told: ['source_code', 'target_concept_id'], because: 'it is vocabulary' },
} as const satisfies Record<string, { told: readonly string[]; because: string }>;

/** Columns that tell a kept table from every other of the CDM. */
const TOLD: Readonly<Record<OmopTable | 'cdm_source', readonly string[]>> = {
  cdm_source: ['cdm_source_name', 'cdm_version'],
  person: ['person_id', 'year_of_birth', 'gender_concept_id', 'race_concept_id'],
  observation_period: ['observation_period_id', 'observation_period_start_date'],
  care_site: ['care_site_id', 'place_of_service_concept_id'],
  drug_exposure: ['drug_exposure_id', 'drug_concept_id'],
  measurement: ['measurement_id', 'measurement_concept_id'],
  condition_occurrence: ['condition_occurrence_id', 'condition_concept_id'],
  observation: ['observation_id', 'observation_concept_id'],
  visit_occurrence: ['visit_occurrence_id', 'visit_concept_id'],
  visit_detail: ['visit_detail_id', 'visit_detail_concept_id'],
  procedure_occurrence: ['procedure_occurrence_id', 'procedure_concept_id'],
  device_exposure: ['device_exposure_id', 'device_concept_id'],
  death: ['person_id', 'death_date', 'death_type_concept_id'],
  specimen: ['specimen_id', 'specimen_concept_id'],
  fact_relationship: ['fact_id_1', 'fact_id_2'],
  location: ['location_id', 'zip'],
  provider: ['provider_id', 'specialty_concept_id'],
};

/** Columns that 5.4 named anew (https://ohdsi.github.io/CommonDataModel/cdm54Changes.html). */
const RENAMED: Readonly<Record<string, string>> = {
  admitting_source_concept_id: 'admitted_from_concept_id',
  admitting_source_value: 'admitted_from_source_value',
  discharge_to_concept_id: 'discharged_to_concept_id',
  discharge_to_source_value: 'discharged_to_source_value',
  visit_detail_parent_id: 'parent_visit_detail_id',
};

/** Columns that 5.3.0 named as those of visits, before 5.3.1 (OHDSI/CommonDataModel v5.3.0, PostgreSQL DDL). */
const RENAMED_IN: Readonly<Partial<Record<OmopTable, Readonly<Record<string, string>>>>> = {
  visit_detail: {
    visit_start_date: 'visit_detail_start_date',
    visit_start_datetime: 'visit_detail_start_datetime',
    visit_end_date: 'visit_detail_end_date',
    visit_end_datetime: 'visit_detail_end_datetime',
    visit_type_concept_id: 'visit_detail_type_concept_id',
    visit_source_value: 'visit_detail_source_value',
    visit_source_concept_id: 'visit_detail_source_concept_id',
  },
};

const hasVisitColumnsOf6 = (columns: ReadonlySet<string>): boolean => columns.has('admitted_from_concept_id') && columns.has('discharge_to_concept_id');

/** Columns that only CDM 6 has in these tables. */
const ONLY_6: Readonly<Partial<Record<OmopTable, (columns: ReadonlySet<string>) => boolean>>> = {
  person: (columns) => columns.has('death_datetime'),
  visit_occurrence: hasVisitColumnsOf6,
  visit_detail: hasVisitColumnsOf6,
};

export type CdmTable = OmopTable | 'cdm_source';

/** What a header says the file is: a table with the lake's column for each of the header's (null: not kept), or why it is refused. */
export type Recognised = { table: CdmTable; columns: (string | null)[] } | { refused: 'not-this-format' | 'not-kept' | 'wrong-version'; detail: string };

const recognises = (told: readonly string[], columns: ReadonlySet<string>) => told.every((column) => columns.has(column));

export const recogniseTable = (header: readonly string[]): Recognised => {
  const named = header.map((name) => name.trim().toLowerCase());
  const columns = new Set(named);
  const kept = (Object.keys(TOLD) as CdmTable[]).find((table) => recognises(TOLD[table], columns) && !(table === 'death' && columns.has('gender_concept_id')));
  if (!kept) {
    const [table, entry] = Object.entries(NOT_KEPT).find(([, { told }]) => recognises(told, columns)) ?? [];
    if (entry) return { refused: 'not-kept', detail: `the file is the CDM’s ${table} table, which is not taken in: ${entry.because}` };
    return { refused: 'not-this-format', detail: `the columns are those of no table of OMOP CDM 5.3 or 5.4; these are taken in: ${OMOP_TABLE_NAMES.join(', ')}` };
  }
  if (kept === 'cdm_source') return { table: kept, columns: named };
  if (ONLY_6[kept]?.(columns)) return { refused: 'wrong-version', detail: `the ${kept} table has columns of CDM 6; versions 5.3 and 5.4 are read` };
  const lake = new Set(cdmColumns(kept));
  const mapped = named.map((name) => {
    const renamed = RENAMED_IN[kept]?.[name] ?? RENAMED[name] ?? name;
    return columns.has(renamed) ? name : renamed;
  });
  const missing = OMOP_TABLES[kept].required.filter((column) => !mapped.includes(column));
  if (missing.length > 0) return { refused: 'not-this-format', detail: `the ${kept} table lacks the required ${missing.length > 1 ? 'columns' : 'column'} ${missing.join(', ')}` };
  return { table: kept, columns: mapped.map((name, index) => (lake.has(name) && mapped.indexOf(name) === index ? name : null)) };
};

/** `v5.3.1`, `5.4`, `CDM v5.4.0`: 5.3 and 5.4 are read; null where it says no version. */
export const readableVersion = (cdmVersion: string): boolean | null => {
  const [, major, minor] = /(\d{1,2})\.(\d{1,2})/.exec(cdmVersion) ?? [];
  return major === undefined ? null : major === '5' && (minor === '3' || minor === '4');
};
