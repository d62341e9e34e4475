import type { SourceMap } from '../domain/lake/formats.ts';
import type { FhirSourceMap } from '../domain/lake/formats/fhir-resources/map.ts';
import { prepareFhir } from '../domain/lake/formats/fhir-resources/read.ts';
import { readOpenMhealth } from '../domain/lake/formats/open-mhealth/read.ts';
import { readVcf } from '../domain/lake/formats/vcf/read.ts';
import { readPatientRows } from '../domain/lake/formats/patient-rows/read.ts';
import type { SetFile } from '../domain/lake/reading.ts';
import type { StagedSet } from '../domain/lake/staged-set.ts';
import { stageOmop } from './omop-staging.ts';
import { stageUnits } from './unit-staging.ts';

/** Reads a set of files by its source's format, whichever that is: one line each. Staged rows and the quarantine lie in the folder. */
export const stageSet = (map: SourceMap, files: readonly SetFile[], secret: Uint8Array, folder: string, partitions: number): Promise<StagedSet> => {
  const staging = { secret, namespace: map.namespace, folder, partitions };
  switch (map.format) {
    case 'fhir':
    case 'fhir-ndjson':
      return stageUnits<FhirSourceMap>({ prepare: prepareFhir }, files, map, staging);
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
