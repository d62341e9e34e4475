import * as z from 'zod';
import { CgmMap } from './formats/cgm/map.ts';
import { CsvTableMap } from './formats/csv-table/map.ts';
import { DatasetJsonMap } from './formats/dataset-json/map.ts';
import { FhirMap, FhirNdjsonMap } from './formats/fhir/map.ts';
import { OdmMap } from './formats/odm/map.ts';
import { OmopMap } from './formats/omop/map.ts';
import { OpenMhealthMap } from './formats/open-mhealth/map.ts';
import { VcfMap } from './formats/vcf/map.ts';
import { WearableCsvMap } from './formats/wearable/map.ts';
import { XptMap } from './formats/xpt/map.ts';
import { PatientRowsMap } from './source-map.ts';

/** The maps by format: one line each. */
const MAPS = [PatientRowsMap, FhirMap, FhirNdjsonMap, VcfMap, OpenMhealthMap, CgmMap, WearableCsvMap, OdmMap, DatasetJsonMap, XptMap, CsvTableMap, OmopMap] as const;
export const SourceMap = z.discriminatedUnion('format', MAPS);
export type SourceMap = z.infer<typeof SourceMap>;
export type Format = SourceMap['format'];

/** Formats whose files refer to one another: a set is read as one. */
const TOGETHER: readonly string[] = ['fhir', 'fhir-ndjson', 'omop-csv', 'dataset-json', 'xpt', 'odm', 'csv-table'];
export const readsTogether = ({ format }: SourceMap): boolean => TOGETHER.includes(format);

/** Whether rows carry dates of patients; else a constant stands for them that is no patient's. */
export const isDated = (map: SourceMap): boolean => !('indexDate' in map);

/** Parses a source map; an error is one line that names the file, the key and what is allowed there. */
export const parseSourceMap = (file: string, content: unknown): SourceMap => {
  const parsed = SourceMap.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new TypeError(`${file}: ${parsed.error.issues.map(({ path, message }) => `${path.map(String).join(' › ') || 'top level'}: ${message}`).join('; ')}`);
};
