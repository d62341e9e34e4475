import type { XmlElement } from './safe-xml.ts';
import { XmlRefusal } from './xml-refusal.ts';

/**
 * The versions whose clinical data are read, by their namespace. 1.1 had a DTD and no namespace, 1.2 a DTD beside its schema; all of them up
 * to 1.3.2 carry clinical data in the same elements; in 2.0 forms are item groups within item groups, and values are elements. ODM 1.3.2,
 * sections 2.5 and 3.1.4; ODM 2.0, ClinicalData.
 */
const VERSIONS: Readonly<Record<string, string>> = {
  '': '1.1',
  'http://www.cdisc.org/ns/odm/v1.2': '1.2',
  'http://www.cdisc.org/ns/odm/v1.3': '1.3',
  'http://www.cdisc.org/ns/odm/v2.0': '2.0',
};
/** These may name a DTD, which then declares the elements; it is never opened. */
const WITH_DTD = ['1.1', '1.2'];
const ANY_VERSION = 'http://www.cdisc.org/ns/odm/';

export type OdmHeader = {
  namespace: string;
  version: string;
  transactional: boolean;
  /** when the data were as the file says: orders the files of a set; in UTC */
  asOf: string;
  /** the same as the file has it */
  asOfLocal: string;
  fileOid: string;
};

/** Looks at the root element: is it ODM of a version that is read? */
export const readRoot = (root: XmlElement, hasDoctype: boolean): OdmHeader => {
  const { name, namespace, attribute } = root;
  const read = Object.values(VERSIONS).join(', ');
  if (name !== 'ODM' || (namespace !== '' && !namespace.startsWith(ANY_VERSION))) throw new XmlRefusal('not-this-format', 'the root element must be ODM, in a namespace of CDISC');
  const said = attribute('ODMVersion');
  const version = namespace === '' ? WITH_DTD.find((each) => (said ?? '1.1').startsWith(each)) : VERSIONS[namespace];
  if (!version) throw new XmlRefusal('wrong-version', `the namespace must be that of ODM ${read}`);
  if (!(said ?? version).startsWith(version)) throw new XmlRefusal('wrong-version', `ODMVersion must be the version of the namespace, one of ${read}`);
  if (hasDoctype && !WITH_DTD.includes(version)) throw new XmlRefusal('unsafe-markup', `ODM ${version} has no document type; the file must not declare one`);
  const fileType = attribute('FileType');
  if (fileType !== 'Snapshot' && fileType !== 'Transactional') throw new XmlRefusal('malformed', 'FileType of ODM must be Snapshot or Transactional');
  const asOfLocal = attribute('AsOfDateTime') ?? attribute('CreationDateTime') ?? '';
  return {
    namespace,
    version,
    transactional: fileType === 'Transactional',
    asOf: instant(asOfLocal),
    asOfLocal,
    fileOid: attribute('FileOID') ?? '',
  };
};

/** The same instant in one form, so that two sort. */
const instant = (said: string): string => {
  const at = Date.parse(said);
  return Number.isNaN(at) ? '' : new Date(at).toISOString();
};
