import { fhirBundles, fhirLines } from './fhir-files.ts';
import type { PlantedFile } from './identifiers.ts';
import { datasetJsonFiles, odmFiles, xptFiles } from './sdtm-files.ts';
import { iwpcFiles, omopFiles, syntheaFiles } from './table-files.ts';
import { vcfFiles } from './vcf-files.ts';
import { cgmFiles, openMhealthFiles, wearableFiles } from './wearable-files.ts';

/** Planted files of a source of every format; SDTM datasets come in three. */
export const FILES_OF: Readonly<Record<string, () => PlantedFile[]>> = {
  fhir: fhirBundles,
  'fhir-ndjson': fhirLines,
  odm: odmFiles,
  'dataset-json': datasetJsonFiles,
  xpt: xptFiles,
  vcf: vcfFiles,
  'open-mhealth': openMhealthFiles,
  cgm: cgmFiles,
  'fitbit-csv': wearableFiles,
  iwpc: iwpcFiles,
  'synthea-csv': syntheaFiles,
  'omop-csv': omopFiles,
};
