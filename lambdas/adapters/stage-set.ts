import type { SourceMap } from '../domain/lake/formats.ts';
import { readPatientRows } from '../domain/lake/formats/patient-rows/read.ts';
import type { SetFile } from '../domain/lake/reading.ts';
import type { StagedSet } from '../domain/lake/staged-set.ts';
import { stageUnits } from './unit-staging.ts';

/** Reads a set of files by its source's format, whichever that is: one line each. Staged rows and the quarantine lie in the folder. */
export const stageSet = (map: SourceMap, files: readonly SetFile[], secret: Uint8Array, folder: string, partitions: number): Promise<StagedSet> => {
  const staging = { secret, namespace: map.namespace, folder, partitions };
  switch (map.format) {
    case 'csv':
      return stageUnits(readPatientRows, files, map, staging);
  }
};
