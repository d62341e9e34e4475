import cgm from '../../../config/sources/cgm.json' with { type: 'json' };
import datasetJson from '../../../config/sources/dataset-json.json' with { type: 'json' };
import fitbitCsv from '../../../config/sources/fitbit-csv.json' with { type: 'json' };
import odmExamples from '../../../config/sources/odm-examples.json' with { type: 'json' };
import odm from '../../../config/sources/odm.json' with { type: 'json' };
import xpt from '../../../config/sources/xpt.json' with { type: 'json' };
import fhirNdjsonUpdate from '../../../config/sources/fhir-ndjson-update.json' with { type: 'json' };
import fhirNdjson from '../../../config/sources/fhir-ndjson.json' with { type: 'json' };
import fhir from '../../../config/sources/fhir.json' with { type: 'json' };
import iwpc from '../../../config/sources/iwpc.json' with { type: 'json' };
import omopCsv from '../../../config/sources/omop-csv.json' with { type: 'json' };
import openMhealth from '../../../config/sources/open-mhealth.json' with { type: 'json' };
import synthetic from '../../../config/sources/synthetic-cohort.json' with { type: 'json' };
import syntheticFhir from '../../../config/sources/synthetic-fhir.json' with { type: 'json' };
import syntheticVcf from '../../../config/sources/synthetic-vcf.json' with { type: 'json' };
import syntheaCsv from '../../../config/sources/synthea-csv.json' with { type: 'json' };
import vcf from '../../../config/sources/vcf.json' with { type: 'json' };
import { type SourceMap, parseSourceMap } from './formats.ts';

/** The same columns, other patients: what is published of the real ones is not true of them. */
const withoutReference = ({ cohortReference: _, ...map }: typeof iwpc) => map;

/** The kinds of input that can be ingested: one line each. */
const SOURCES: Readonly<Record<string, SourceMap>> = {
  cgm: parseSourceMap('config/sources/cgm.json', cgm),
  'dataset-json': parseSourceMap('config/sources/dataset-json.json', datasetJson),
  'fitbit-csv': parseSourceMap('config/sources/fitbit-csv.json', fitbitCsv),
  'odm-examples': parseSourceMap('config/sources/odm-examples.json', odmExamples),
  odm: parseSourceMap('config/sources/odm.json', odm),
  xpt: parseSourceMap('config/sources/xpt.json', xpt),
  fhir: parseSourceMap('config/sources/fhir.json', fhir),
  'fhir-ndjson': parseSourceMap('config/sources/fhir-ndjson.json', fhirNdjson),
  'fhir-ndjson-update': parseSourceMap('config/sources/fhir-ndjson-update.json', { ...fhirNdjson, ...fhirNdjsonUpdate }),
  iwpc: parseSourceMap('config/sources/iwpc.json', iwpc),
  'omop-csv': parseSourceMap('config/sources/omop-csv.json', omopCsv),
  'open-mhealth': parseSourceMap('config/sources/open-mhealth.json', openMhealth),
  'synthetic-fhir': parseSourceMap('config/sources/synthetic-fhir.json', { ...fhir, ...syntheticFhir }),
  'synthetic-vcf': parseSourceMap('config/sources/synthetic-vcf.json', { ...vcf, ...syntheticVcf }),
  'synthetic-cohort': parseSourceMap('config/sources/synthetic-cohort.json', { ...withoutReference(iwpc), ...synthetic }),
  'synthea-csv': parseSourceMap('config/sources/synthea-csv.json', syntheaCsv),
  vcf: parseSourceMap('config/sources/vcf.json', vcf),
};

export const sourceNames = (): string[] => Object.keys(SOURCES).sort();

/** The source of that name, or null. */
export const findSource = (name: string): SourceMap | null => (Object.hasOwn(SOURCES, name) ? SOURCES[name]! : null);

/** The source that reads what changed since an earlier file of a source; itself where there is none apart. */
export const updateSourceOf = (name: string): string => (Object.hasOwn(SOURCES, `${name}-update`) ? `${name}-update` : name);
