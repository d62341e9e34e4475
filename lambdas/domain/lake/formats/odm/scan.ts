import type { SetFile } from '../../reading.ts';
import { ClinicalDataCollector, type ItemGroupData, type Removal } from './clinical-data.ts';
import { DefinitionCollector, type Definitions } from './definitions.ts';
import { parseXml, type XmlElement } from './safe-xml.ts';
import { XmlRefusal } from './xml-refusal.ts';
import { type OdmHeader, readRoot } from './version.ts';

/** Elements whose content is not for the lake: free text, names of users and sites, signatures. Nothing within them is looked at. */
const LEFT_OUT = new Set([
  'AdminData',
  'ReferenceData',
  'Association',
  'AuditRecord',
  'AuditRecords',
  'Signature',
  'Signatures',
  'Annotation',
  'Annotations',
  'ArchiveLayoutRef',
  'InvestigatorRef',
  'Query',
]);

export type OdmScan = { header: OdmHeader | null; definitions: Definitions };
export const newScan = (): OdmScan => ({ header: null, definitions: { versions: new Map(), units: new Map() } });

/**
 * Goes through an ODM document; yields the clinical data in its order, as they come. The header and the definitions are whole at its end:
 * definitions may follow data, and stand in another file of the set.
 */
export async function* scanOdm(file: SetFile, scan: OdmScan): AsyncGenerator<ItemGroupData | Removal> {
  const definitions = new DefinitionCollector();
  scan.definitions = definitions.definitions;
  let clinical: ClinicalDataCollector | null = null;
  let hasDoctype = false;
  const path: string[] = [];
  /** depth at which something began that is not looked at */
  let outside: number | null = null;
  const within = (name: string): boolean => path[1] === name;
  const open = (element: XmlElement): void => {
    path.push(element.name);
    if (path.length === 1) {
      scan.header = readRoot(element, hasDoctype);
      clinical = new ClinicalDataCollector(scan.header);
    }
    if (outside !== null) return;
    if (element.namespace !== scan.header!.namespace || LEFT_OUT.has(element.name)) outside = path.length;
    else if (within('Study')) definitions.open(path, element);
    else if (within('ClinicalData')) clinical!.open(element);
  };
  const close = (): void => {
    const name = path.at(-1)!;
    if (outside === null) {
      if (within('Study')) definitions.close(name);
      else if (within('ClinicalData')) clinical!.close(name);
    } else if (outside === path.length) outside = null;
    path.pop();
  };
  const text = (piece: string): void => {
    if (outside !== null) return;
    if (within('Study')) definitions.text(piece);
    else if (within('ClinicalData')) clinical!.text(path.at(-1)!, piece);
  };
  const doctype = (): void => {
    hasDoctype = true;
  };
  for await (const _ of parseXml(file.open(), { doctype, open, close, text })) {
    const gathered: (ItemGroupData | Removal)[] | undefined = (clinical as ClinicalDataCollector | null)?.gathered;
    if (!gathered?.length) continue;
    clinical!.gathered = [];
    yield* gathered;
  }
  if (scan.header === null) throw new XmlRefusal('not-this-format', 'the file has no root element');
}
