import type { SourceMap } from '../domain/lake/formats.ts';
import type { FhirSourceMap } from '../domain/lake/formats/fhir/map.ts';
import { prepareFhir } from '../domain/lake/formats/fhir/read.ts';
import { readCgm } from '../domain/lake/formats/cgm/read.ts';
import { readWearableCsv } from '../domain/lake/formats/wearable/read.ts';
import { readOdm } from '../domain/lake/formats/odm/read.ts';
import { readDatasetJson } from '../domain/lake/formats/dataset-json/read.ts';
import { readXpt } from '../domain/lake/formats/xpt/read.ts';
import { readCsvTable } from '../domain/lake/formats/csv-table/read.ts';
import { readOpenMhealth } from '../domain/lake/formats/open-mhealth/read.ts';
import { readVcf } from '../domain/lake/formats/vcf/read.ts';
import { readPatientRows } from '../domain/lake/formats/patient-rows/read.ts';
import type { SetFile } from '../domain/lake/reading.ts';
import type { StagedSet } from '../domain/lake/staged-set.ts';
import { stageFhirLines } from './fhir-staging.ts';
import { stageOmop } from './omop-staging.ts';
import { type Staging, stageUnits } from './unit-staging.ts';

/** From here on the columnar engine is faster than reading line by line: below, its start is most of the time. */
const BULK_BYTES = 8_000_000;

const stageNdjson = async (files: readonly SetFile[], map: FhirSourceMap, staging: Staging): Promise<StagedSet> => {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const bulk = bytes < BULK_BYTES ? null : await stageFhirLines(files, map, staging);
  return bulk ?? stageUnits<FhirSourceMap>({ prepare: prepareFhir }, files, map, staging);
};

/** Reads a set of files by its source's format, whichever that is: one line each. Staged rows and the quarantine lie in the folder. */
export const stageSet = (map: SourceMap, files: readonly SetFile[], secret: Uint8Array, folder: string, partitions: number): Promise<StagedSet> => {
  const staging = { secret, namespace: map.namespace, folder, partitions };
  switch (map.format) {
    case 'fhir':
      return stageUnits<FhirSourceMap>({ prepare: prepareFhir }, files, map, staging);
    case 'fhir-ndjson':
      return stageNdjson(files, map, staging);
    case 'cgm':
      return stageUnits(readCgm, files, map, staging);
    case 'wearable-csv':
      return stageUnits(readWearableCsv, files, map, staging);
    case 'odm':
      return stageUnits(readOdm, files, map, staging);
    case 'dataset-json':
      return stageUnits(readDatasetJson, files, map, staging);
    case 'xpt':
      return stageUnits(readXpt, files, map, staging);
    case 'csv-table':
      return stageUnits(readCsvTable, files, map, staging);
    case 'vcf':
      return stageUnits(readVcf, files, map, staging);
    case 'open-mhealth':
      return stageUnits(readOpenMhealth, files, map, staging);
    case 'omop-csv':
      return stageOmop(files, map, secret, folder, partitions);
    case 'csv':
      return stageUnits(readPatientRows, files, map, staging);
  }
};
