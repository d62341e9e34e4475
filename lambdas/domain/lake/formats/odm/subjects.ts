import type { SetFile } from '../../reading.ts';
import { type Definitions, findDefinition, versionKey } from './definitions.ts';
import type { OdmMap } from './map.ts';
import { newScan, scanOdm } from './scan.ts';

type Of = { study: string; subject: string };

/** Tells a subject's key in the source's namespace; empty: there is none. */
export type SubjectNames = (of: Of) => string;

/** By the map's choice. A USUBJID is collected once, in one form, and holds for all data of the subject in the set. */
export const subjectNames = async (files: readonly SetFile[], definitions: Definitions, { subject, columns }: OdmMap): Promise<SubjectNames> => {
  if (subject === 'SubjectKey') return (of) => of.subject;
  if (subject === 'StudyOID-SubjectKey') return (of) => of.subject && `${of.study}-${of.subject}`;
  const known = new Map<string, string>();
  const key = ({ study, subject: named }: Of) => JSON.stringify([study, named]);
  for (const file of files) {
    for await (const entry of scanOdm(file, newScan())) {
      if (entry.kind === 'removal') continue;
      for (const { oid, value, transaction } of entry.items) {
        const name = columns[oid] ?? findDefinition(definitions, versionKey(entry.study, entry.version), ({ items }) => items.get(oid))?.sdsVarName;
        if (name?.toUpperCase() === 'USUBJID' && value !== null && transaction !== 'Remove') known.set(key(entry), value);
      }
    }
  }
  return (of) => known.get(key(of)) ?? '';
};
