import { xptBytes } from '../xpt-bytes.ts';
import { KEY, type PlantedFile, eachKind, hasForm, namedAfter } from './identifiers.ts';

type Row = Record<string, string | number>;
export type SdtmTable = { name: string; rows: Row[] };

/** Wherever an SDTM domain has words or numbers of things; each row is named by the subject and its sequence. */
export const sdtmTables = (planted: string, number: number): SdtmTable[] => {
  const keys = { STUDYID: 'SYN1', USUBJID: `${KEY}-${number}` };
  return [
    {
      name: 'DM',
      rows: [{ ...keys, SITEID: 'S01', SEX: 'F', RFSTDTC: '2014-03-10', BRTHDTC: '1951-03-02', SUBJID: planted, INVNAM: planted, INVID: planted, ARM: planted, DMREFID: planted }],
    },
    {
      name: 'AE',
      rows: [
        { ...keys, AESEQ: 1, AETERM: planted, AEMODIFY: planted, AEREL: planted, AEREFID: planted, AESPID: planted, AELOC: planted, AESTDTC: '2014-04-01' },
        { ...keys, AESEQ: 2, AETERM: planted, AESEV: planted, AESER: planted, AESTDTC: planted },
      ],
    },
    { name: 'CM', rows: [{ ...keys, CMSEQ: 1, CMTRT: planted, CMINDC: planted, CMMODIFY: planted, CMSTTPT: planted, CMDOSTXT: planted, CMSTDTC: '2014' }] },
    { name: 'EX', rows: [{ ...keys, EXSEQ: 1, EXTRT: 'WARFARIN', EXLOT: planted, EXLOC: planted, EXADJ: planted, EXSTDTC: '2014-03-10' }] },
    {
      name: 'LB',
      rows: [
        { ...keys, LBSEQ: 1, LBTESTCD: 'KETONES', LBTEST: planted, LBORRES: planted, LBSTRESC: planted, LBNAM: planted, LBREASND: planted, LBREFID: planted, LBDTC: '2014-03-10' },
        { ...keys, LBSEQ: 2, LBTESTCD: planted, LBSTRESN: 1, LBSTRESU: `${planted} per ${planted} or so, as she said`, LBDTC: planted },
      ],
    },
    { name: 'VS', rows: [{ ...keys, VSSEQ: 1, VSTESTCD: 'PULSE', VSORRES: planted, VSORRESU: planted, VSREASND: planted, VSDTC: '2014-03-10' }] },
    { name: 'DS', rows: [{ ...keys, DSSEQ: 1, DSTERM: planted, DSDECOD: 'COMPLETED', DSREFID: planted, DSSTDTC: '2014-06-02' }] },
    { name: 'MH', rows: [{ ...keys, MHSEQ: 1, MHTERM: planted, MHDECOD: 'Gout', MHMODIFY: planted, MHSTDTC: '2009' }] },
    { name: 'CO', rows: [{ ...keys, COSEQ: 1, COVAL: planted, COEVAL: planted }] },
  ];
};

/** The rows of every kind, domain by domain. */
const everyTable = (): SdtmTable[] => {
  const merged = new Map<string, Row[]>();
  for (const { name, rows } of eachKind<SdtmTable>((planted, number) => sdtmTables(planted, number))) merged.set(name, [...(merged.get(name) ?? []), ...rows]);
  return [...merged].map(([name, rows]) => ({ name, rows }));
};

const columnsOf = (rows: readonly Row[]): string[] => [...new Set(rows.flatMap((row) => Object.keys(row)))];
const isNumber = (rows: readonly Row[], column: string): boolean => rows.every((row) => typeof (row[column] ?? 0) === 'number');

export const datasetJson = ({ name, rows }: SdtmTable, said = name): string => {
  const columns = columnsOf(rows);
  return JSON.stringify({
    datasetJSONCreationDateTime: '2026-03-02T09:00:00',
    datasetJSONVersion: '1.1.0',
    itemGroupOID: `IG.${name}`,
    originator: said,
    records: rows.length,
    name,
    label: said,
    columns: columns.map((column) => ({ itemOID: column, name: column, label: said, dataType: isNumber(rows, column) ? 'integer' : 'string' })),
    rows: rows.map((row) => columns.map((column) => row[column] ?? null)),
  });
};

export const datasetJsonFiles = (): PlantedFile[] => [
  ...everyTable().map((table) => ({ name: namedAfter('json'), content: datasetJson(table) })),
  ...eachKind((planted): PlantedFile => ({ name: namedAfter('json'), content: datasetJson({ name: planted, rows: [{ USUBJID: planted }] }, planted) })),
  ...eachKind(
    (planted): PlantedFile => ({
      name: 'column.json',
      content: datasetJson({ name: 'DM', rows: [{ STUDYID: 'SYN1', USUBJID: planted, [planted]: planted, SEX: planted, SITEID: 'S01' }] }, planted),
    }),
  ),
  ...eachKind((planted): PlantedFile => ({ name: 'other.json', content: JSON.stringify({ [planted]: planted, datasetJSONVersion: planted }) })),
];

const xpt = ({ name, rows }: SdtmTable): Buffer => {
  const names = columnsOf(rows);
  const columns = names.map((column) => (isNumber(rows, column) ? { name: column, type: 'number' as const } : { name: column, type: 'character' as const, bytes: 120 }));
  return xptBytes({ name, columns, rows: rows.map((row) => names.map((column) => row[column] ?? null)) });
};

/** A name in XPT has eight characters. */
export const xptFiles = (): PlantedFile[] => [
  ...everyTable().map((table) => ({ name: namedAfter('xpt'), content: xpt(table) })),
  ...eachKind((planted): PlantedFile => ({ name: 'library.xpt', content: Buffer.concat([Buffer.from(planted), xpt({ name: 'DM', rows: [{ USUBJID: planted }] })]) })),
];

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

const itemGroup = (name: string, row: Row, place: number): string => {
  const items = Object.entries(row).filter(([column]) => column !== 'USUBJID' && column !== 'STUDYID');
  const said = items.map(([column, value]) => `<ItemData ItemOID="${column}" Value="${escaped(String(value))}"/>`);
  return `<ItemGroupData ItemGroupOID="${name}" ItemGroupRepeatKey="${place}">${said.join('')}</ItemGroupData>`;
};

/** Wherever ODM has words beside the items: keys, annotations, audit records, signatures, persons, places, a vendor's own elements. */
const subjectData = (planted: string, number: number): string => {
  const p = escaped(planted);
  const named = hasForm(planted) ? p : 'COLUMN';
  const groups = sdtmTables(planted, number).flatMap(({ name, rows }) => rows.map((row, place) => itemGroup(name, row, place + 1)));
  return `<SubjectData SubjectKey="${KEY}-${p}"><SiteRef LocationOID="L.1"/>
    <AuditRecord><UserRef UserOID="U.${number}"/><DateTimeStamp>2014-03-10T08:00:00</DateTimeStamp><ReasonForChange>${p}</ReasonForChange><SourceID>${p}</SourceID></AuditRecord>
    <Signature><UserRef UserOID="U.${number}"/></Signature><Annotation SeqNum="1"><Comment>${p}</Comment></Annotation>
    <StudyEventData StudyEventOID="SE.${p}" StudyEventRepeatKey="${p}"><FormData FormOID="F.${p}" FormRepeatKey="${p}">${groups.join('\n')}
    <vendor:Query><vendor:Text>${p}</vendor:Text></vendor:Query>
    <ItemGroupData ItemGroupOID="${p}"><ItemData ItemOID="${p}" Value="${p}"/></ItemGroupData>
    <ItemGroupData ItemGroupOID="DM" ItemGroupRepeatKey="2"><ItemData ItemOID="${named}" Value="${p}"/><ItemData ItemOID="${named}" Value="${p}"/><ItemData ItemOID="${named} 2" IsNull="Yes" Value="${p}"/></ItemGroupData>
    </FormData></StudyEventData></SubjectData>`;
};

const odm = (subjects: string, users: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:vendor="http://vendor.example/edc" ODMVersion="1.3.2" FileType="Snapshot" FileOID="SYN1.1" CreationDateTime="2026-01-05T10:00:00+01:00">
<Study OID="SYN1"><GlobalVariables><StudyName>S</StudyName><StudyDescription>S</StudyDescription><ProtocolName>S</ProtocolName></GlobalVariables></Study>
<AdminData StudyOID="SYN1">${users}</AdminData>
<ClinicalData StudyOID="SYN1" MetaDataVersionOID="MDV.1">${subjects}</ClinicalData></ODM>`;

export const odmFiles = (): PlantedFile[] => [
  {
    name: namedAfter('xml'),
    content: odm(
      eachKind(subjectData).join('\n'),
      eachKind(
        (planted, number) =>
          `<User OID="U.${number}"><LoginName>${escaped(planted)}</LoginName><FirstName>${escaped(planted)}</FirstName><Email>${escaped(planted)}</Email><Phone>${escaped(planted)}</Phone></User>`,
      ).join(''),
    ),
  },
  ...eachKind((planted): PlantedFile => ({ name: 'broken.xml', content: `<ODM><ClinicalData><${planted}` })),
  ...eachKind((planted): PlantedFile => ({ name: 'doctype.xml', content: `<?xml version="1.0"?><!DOCTYPE ODM [<!ENTITY who "${planted}">]><ODM>&who;</ODM>` })),
];
