import { PERSON_CONCEPTS } from '../../concepts.ts';
import { OMOP_TABLES, type OmopTable } from '../../omop-tables.ts';
import { TYPE_CONCEPTS } from '../table/type-concepts.ts';
import { conceptOf } from '../../vocabulary/concept-of.ts';
import { RESOURCES } from './elements.ts';

/**
 * The rows that resources of each type make, as SQL over a scanned file. It joins what was read once for each text: `coded` (a
 * CodeableConcept's code and concept), `classes` (an encounter's), `led` (where a reference leads: a person, a visit, a care site), `patients`.
 */
export type Scanned = {
  table: string;
  /** which file of the set a row is of, and its place there, by its `part` and `rowid` */
  file: (part: string) => string;
  location: (part: string, row: string) => string;
  /** further condition on `t`, that is on what was admitted */
  only: string;
};

/** EHR encounter record, EHR prescription, EHR period: OHDSI/dbt-synthea models at 75a1e12ae218. */
const EHR = TYPE_CONCEPTS.EHR;
const EHR_ENCOUNTER = 32_827;
const EHR_PRESCRIPTION = 32_838;
const EHR_PERIOD = 32_882;

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const listOf = (values: readonly string[]): string => values.map((value) => text(`"${value}"`)).join(', ');
const caseOf = (expression: string, values: Readonly<Record<string, number>>, otherwise: string): string =>
  `CASE ${expression} ${Object.entries(values)
    .map(([value, then]) => `WHEN ${text(value)} THEN ${then}`)
    .join(' ')} ELSE ${otherwise} END`;

const NO_ROW = {
  Encounter: ['planned', 'cancelled', 'arrived', 'triaged'],
  Observation: ['registered', 'cancelled'],
  MedicationRequest: ['cancelled', 'draft'],
  MedicationStatement: ['intended', 'not-taken'],
  MedicationAdministration: ['not-done'],
  MedicationDispense: ['preparation', 'cancelled', 'declined'],
  Immunization: ['not-done'],
  Procedure: ['preparation', 'not-done'],
  DeviceUseStatement: ['intended'],
} as const satisfies Record<string, readonly string[]>;
const wasDone = (type: keyof typeof NO_ROW): string => `t.status NOT IN (${listOf(NO_ROW[type])})`;

/** A condition or an allergy that was ruled out. */
const NOT_REFUTED = `coalesce(NOT contains(t."verificationStatus", '"refuted"'), true)`;

/** The scanned rows of a type, with the person and the visit; `more` adds joins. */
const from = (type: string, { table, only }: Scanned, more = ''): string => {
  const { subject, visit } = RESOURCES[type]!;
  return `FROM ${table} t JOIN led s ON s.role = 'subject' AND s.text = t."${subject}"
    ${visit ? `LEFT JOIN led v ON v.role = 'visit' AND v.text = t."${visit}"` : ''} ${more}
    WHERE t.resource_type = ${text(type)} AND s.person_id IS NOT NULL AND ${only}`;
};
const coded = (alias: string, on: string): string => `LEFT JOIN coded ${alias} ON ${alias}.text = ${on}`;

type Columns = Readonly<Record<string, string>>;

/** A row's own columns, each of its CDM type. */
const rowOf = (table: OmopTable, scanned: Scanned, columns: Columns, ordinal = '0'): string => {
  const types = OMOP_TABLES[table].columns as Readonly<Record<string, string>>;
  const { id } = OMOP_TABLES[table];
  const withId: Columns = table === 'person' || table === 'death' || table === 'care_site' ? columns : { [id]: `nth_row_id('${table}', t.record_key, ${ordinal})`, ...columns };
  const typed = Object.entries(withId).map(([column, value]) => `(${value})::${types[column] ?? 'unknown column'} AS "${column}"`);
  return `SELECT '${table}' AS "table", ${placeOf(scanned)}, ${typed.join(', ')}`;
};
const placeOf = ({ file, location }: Scanned): string => `${file('t.part')} AS file, t.record_key, ${location('t.part', 't.rowid')} AS source_location`;

/** Date and time of a moment that is read by its text. */
const at = (column: string, moment: string): Columns => ({ [`${column}_date`]: `day_of(${moment})`, [`${column}_datetime`]: `time_of(${moment})` });
const concept = (column: string, alias: string): Columns => ({
  [`${column}_concept_id`]: `coalesce(${alias}.concept_id, 0)`,
  [`${column}_source_value`]: `${alias}.source_value`,
  [`${column}_source_concept_id`]: `coalesce(${alias}.source_concept_id, 0)`,
});

type Moments = { start: string; end: string };
const moments = (start: string, end = 'NULL'): Moments => ({ start, end });

/** When each type's event began and ended, by its elements' texts. */
const EVENTS: Readonly<Record<string, Moments>> = {
  Encounter: moments('t.period."start"::VARCHAR', 't.period."end"::VARCHAR'),
  Condition: moments(
    `coalesce(t."onsetDateTime", t."onsetPeriod"."start"::VARCHAR, t."recordedDate")`,
    `coalesce(t."abatementDateTime", t."abatementPeriod"."end"::VARCHAR, t."abatementPeriod"."start"::VARCHAR)`,
  ),
  Observation: moments(`coalesce(t."effectiveDateTime", t."effectivePeriod"."start"::VARCHAR, t."effectiveInstant", t.issued)`),
  MedicationRequest: moments('t."authoredOn"'),
  MedicationStatement: moments(`coalesce(t."effectiveDateTime", t."effectivePeriod"."start"::VARCHAR, t."dateAsserted")`, `t."effectivePeriod"."end"::VARCHAR`),
  MedicationAdministration: moments(`coalesce(t."effectiveDateTime", t."effectivePeriod"."start"::VARCHAR)`, `t."effectivePeriod"."end"::VARCHAR`),
  MedicationDispense: moments('coalesce(t."whenHandedOver", t."whenPrepared")'),
  Immunization: moments('t."occurrenceDateTime"'),
  Procedure: moments(`coalesce(t."performedDateTime", t."performedPeriod"."start"::VARCHAR)`, `t."performedPeriod"."end"::VARCHAR`),
  DeviceUseStatement: moments(`coalesce(t."timingDateTime", t."timingPeriod"."start"::VARCHAR, t."recordedOn")`, `t."timingPeriod"."end"::VARCHAR`),
  AllergyIntolerance: moments(`coalesce(t."onsetDateTime", t."onsetPeriod"."start"::VARCHAR, t."recordedDate")`),
};

const MORE_CONDITIONS: Readonly<Record<string, string>> = {
  ...Object.fromEntries((Object.keys(NO_ROW) as (keyof typeof NO_ROW)[]).map((type) => [type, wasDone(type)])),
  MedicationRequest: `${wasDone('MedicationRequest')} AND t.intent NOT IN (${listOf(['proposal', 'option'])}) AND coalesce(t."doNotPerform" <> 'true', true)`,
  Condition: NOT_REFUTED,
  AllergyIntolerance: NOT_REFUTED,
};
const dated = (type: string): string => [`${EVENTS[type]!.start} IS NOT NULL`, ...(MORE_CONDITIONS[type] ? [MORE_CONDITIONS[type]] : [])].join(' AND ');

const PERSON = { person_id: 's.person_id' } as const;
const VISIT = { visit_occurrence_id: 'v.visit_id' } as const;

/** HL7 ActCode of an encounter's class → the CDM's visit concept. */
const VISITS: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries({ OP: ['AMB'], IP: ['IMP', 'ACUTE', 'NONAC'], ER: ['EMER'] }).flatMap(([visit, classes]) => classes.map((code) => [code, conceptOf('Visit', visit).conceptId])),
);

/** OMB categories of US Core (https://hl7.org/fhir/us/core/ValueSet-omb-race-category.html). */
const RACE: Readonly<Record<string, number>> = {
  '2106-3': PERSON_CONCEPTS.race['White'] ?? 0,
  '2028-9': PERSON_CONCEPTS.race['Asian'] ?? 0,
  '2054-5': PERSON_CONCEPTS.race['Black or African American'] ?? 0,
};
const ETHNICITY: Readonly<Record<string, number>> = {
  '2135-2': PERSON_CONCEPTS.ethnicity['Hispanic or Latino'] ?? 0,
  '2186-5': PERSON_CONCEPTS.ethnicity['not Hispanic or Latino'] ?? 0,
};

const personRows = (scanned: Scanned): string[] => {
  const patients = `FROM ${scanned.table} t JOIN patients s ON s.name = t.id LEFT JOIN extensions x ON x.text = t.extension
    LEFT JOIN led o ON o.role = 'site' AND o.text = t."managingOrganization" WHERE t.resource_type = 'Patient' AND ${scanned.only}`;
  return [
    `${rowOf('person', scanned, {
      ...PERSON,
      person_source_value: 's.pseudonym',
      gender_concept_id: caseOf('t.gender[2:-2]', PERSON_CONCEPTS.gender, '0'),
      gender_source_value: 't.gender[2:-2]',
      // the CDM wants a year: 0 where it is unknown
      year_of_birth: `coalesce(year(day_of(t."birthDate")), 0)`,
      race_concept_id: caseOf('x.race', RACE, '0'),
      race_source_value: 'x.race',
      ethnicity_concept_id: caseOf('x.ethnicity', ETHNICITY, '0'),
      ethnicity_source_value: 'x.ethnicity',
      care_site_id: 'o.care_site_id',
    })} ${patients}`,
    `${rowOf('death', scanned, { ...PERSON, ...at('death', 't."deceasedDateTime"'), death_type_concept_id: `${EHR}` })} ${patients} AND t."deceasedDateTime" IS NOT NULL`,
    `${rowOf('observation_period', scanned, {
      ...PERSON,
      observation_period_start_date: 'day_of(e.first)',
      observation_period_end_date: 'day_of(e.last)',
      period_type_concept_id: `${EHR_PERIOD}`,
    })} ${patients.replace(' LEFT JOIN extensions', ' JOIN lives e ON e.person_id = s.person_id LEFT JOIN extensions')}`,
  ];
};

const careSiteRows = (scanned: Scanned): string[] => [
  `${rowOf('care_site', scanned, { care_site_id: 'care_site_id_of(t.id)', care_site_source_value: 't.id[1:50]', place_of_service_concept_id: '0' })} FROM ${scanned.table} t WHERE t.resource_type = 'Organization' AND ${scanned.only}`,
];

const visitRows = (scanned: Scanned): string[] => {
  const { start, end } = EVENTS['Encounter']!;
  return [
    `${rowOf('visit_occurrence', scanned, {
      ...PERSON,
      visit_concept_id: caseOf('k.source_value', VISITS, '0'),
      ...at('visit_start', start),
      ...at('visit_end', `coalesce(${end}, ${start})`),
      visit_type_concept_id: `${EHR_ENCOUNTER}`,
      visit_source_value: 'k.source_value',
      care_site_id: 'o.care_site_id',
    })} ${from('Encounter', scanned, `LEFT JOIN classes k ON k.text = t.class LEFT JOIN led o ON o.role = 'site' AND o.text = t."serviceProvider"`)} AND ${dated('Encounter')}`,
  ];
};

const conditionRows = (scanned: Scanned): string[] => {
  const { start, end } = EVENTS['Condition']!;
  return [
    `${rowOf('condition_occurrence', scanned, { ...PERSON, ...VISIT, ...concept('condition', 'c'), ...at('condition_start', start), ...at('condition_end', end), condition_type_concept_id: `${EHR}` })}
     ${from('Condition', scanned, coded('c', 't.code'))} AND t.code IS NOT NULL AND ${dated('Condition')}`,
  ];
};

const procedureRows = (scanned: Scanned): string[] => {
  const { start, end } = EVENTS['Procedure']!;
  return [
    `${rowOf('procedure_occurrence', scanned, { ...PERSON, ...VISIT, ...concept('procedure', 'c'), ...at('procedure', start), ...at('procedure_end', end), procedure_type_concept_id: `${EHR}` })}
     ${from('Procedure', scanned, coded('c', 't.code'))} AND t.code IS NOT NULL AND ${dated('Procedure')}`,
  ];
};

const allergyRows = (scanned: Scanned): string[] => [
  `${rowOf('observation', scanned, { ...PERSON, ...VISIT, ...concept('observation', 'c'), ...at('observation', EVENTS['AllergyIntolerance']!.start), observation_type_concept_id: `${EHR}` })}
   ${from('AllergyIntolerance', scanned, coded('c', 't.code'))} AND t.code IS NOT NULL AND ${dated('AllergyIntolerance')}`,
];

/** A device by its kind alone: serial numbers and UDIs identify. A Device itself tells no time of use. */
const deviceRows = (scanned: Scanned): string[] => {
  const { start, end } = EVENTS['DeviceUseStatement']!;
  return [
    `${rowOf('device_exposure', scanned, { ...PERSON, ...concept('device', 'c'), ...at('device_exposure_start', start), ...at('device_exposure_end', end), device_type_concept_id: `${EHR}` })}
     ${from('DeviceUseStatement', scanned, `JOIN led d ON d.role = 'device' AND d.text = t.device LEFT JOIN kinds k ON k.record = 'Device/' || d.name ${coded('c', 'k.code')}`)} AND ${dated('DeviceUseStatement')}`,
  ];
};

/** The drug's code: the resource's own, that of the Medication that it refers to, or of the one inside it. */
const drug = (name: string): string =>
  name === 'vaccineCode'
    ? coded('c', 't."vaccineCode"')
    : `LEFT JOIN led m ON m.role = 'medication' AND m.text = t."medicationReference" LEFT JOIN kinds k ON k.record = 'Medication/' || m.name
       LEFT JOIN inside i ON i.record_key = t.record_key ${coded('c', 'coalesce(t."medicationCodeableConcept", k.code, i.code)')}`;

const drugRows = (type: string, kind: number, more: Columns = {}): ((scanned: Scanned) => string[]) => {
  const { start, end } = EVENTS[type]!;
  return (scanned) => [
    `${rowOf('drug_exposure', scanned, {
      ...PERSON,
      ...VISIT,
      ...concept('drug', 'c'),
      ...at('drug_exposure_start', start),
      // the CDM wants an end: that of a single day where it is unknown
      ...at('drug_exposure_end', `coalesce(${end}, ${start})`),
      drug_type_concept_id: `${kind}`,
      ...more,
    })} ${from(type, scanned, drug(type === 'Immunization' ? 'vaccineCode' : 'medication'))} AND c.text IS NOT NULL AND ${dated(type)}`,
  ];
};

const number = (json: string): string => `TRY_CAST(${json}::VARCHAR AS DOUBLE)`;
const SUPPLY = 't."dispenseRequest"."expectedSupplyDuration"';

/** SNOMED codes of a quantity's comparator in OMOP's Meas Value Operator domain (https://ohdsi.github.io/CommonDataModel/cdm54.html#measurement). */
const OPERATORS: Readonly<Record<string, number>> = { '"<"': 4_171_756, '"<="': 4_171_754, '">"': 4_172_704, '">="': 4_171_755 };

/** An Observation's own value as one thing found. */
const OWN = `t.code, t."valueQuantity" AS quantity, t."valueCodeableConcept" AS coded_value, t."valueInteger" AS whole, t."valueBoolean" AS flag`;
const OF_COMPONENT = `p.code::VARCHAR AS code, p."valueQuantity" AS quantity, p."valueCodeableConcept"::VARCHAR AS coded_value, p."valueInteger"::VARCHAR AS whole, p."valueBoolean"::VARCHAR AS flag`;
const VALUED = ['Quantity', 'CodeableConcept', 'String', 'Boolean', 'Integer', 'Range', 'Ratio', 'SampledData', 'Time', 'DateTime', 'Period']
  .map((type) => `t."value${type}" IS NOT NULL`)
  .join(' OR ');

/** A laboratory's or a bedside's finding (https://www.hl7.org/fhir/R4/valueset-observation-category.html). */
const MEASURED = ['laboratory', 'vital-signs', 'exam', 'imaging'].map((category) => `contains(t.category, '"${category}"')`).join(' OR ');

/** An Observation makes a row, each of its components another: a number, a code, or that it was looked at; words stay behind. */
const observationRows = (scanned: Scanned): string[] => {
  const shared = `t.part, t.rowid AS "row", t.record_key, s.person_id, v.visit_id, ${EVENTS['Observation']!.start} AS start, coalesce(${MEASURED}, false) AS measured`;
  const where = from('Observation', scanned).concat(` AND ${dated('Observation')}`);
  const single = `SELECT ${shared}, ${OWN}, 0 AS place ${where} AND t.component IS NULL`;
  const parted = `SELECT ${shared}, ${OWN}, 0 AS place ${where} AND t.component IS NOT NULL AND (${VALUED})
    UNION ALL SELECT part, "row", record_key, person_id, visit_id, start, measured, ${OF_COMPONENT}, place FROM
      (SELECT ${shared}, unnest(t.component) AS p, generate_subscripts(t.component, 1) AS place ${where} AND t.component IS NOT NULL)`;
  return [findingRows(scanned, single, '0'), findingRows(scanned, parted, 'row_number() OVER (PARTITION BY i."row", i.is_measurement ORDER BY i.place) - 1')];
};

const findingRows = ({ file, location }: Scanned, items: string, ordinal: string): string => {
  // what the vocabulary says of the code; of a code that it does not know, what the record does
  const isMeasurement = `CASE WHEN c.domain IS NULL THEN i.measured OR i.quantity."value" IS NOT NULL ELSE c.domain = 'Measurement' END`;
  const judged = `SELECT i.*, c.source_value, c.concept_id, c.source_concept_id, ${isMeasurement} AS is_measurement FROM (${items}) i ${coded('c', 'i.code')}`;
  const values: Columns = {
    value_as_number: `coalesce(${number('i.quantity."value"')}, ${number('i.whole')}, CASE i.flag WHEN 'true' THEN 1 WHEN 'false' THEN 0 END)`,
    value_as_concept_id: 'w.concept_id',
    unit_concept_id: 'CASE WHEN i.unit IS NOT NULL THEN coalesce(u.concept_id, 0) END',
    unit_source_value: 'i.unit',
    value_source_value: 'coalesce(w.source_value, ((i.quantity."value")::VARCHAR)[1:50], i.whole, i.flag)',
  };
  const of = (table: 'measurement' | 'observation', when: string, more: Columns): string[] =>
    Object.entries({
      [`${table}_id`]: `nth_row_id('${table}', i.record_key, i.ordinal)`,
      [`${table}_concept_id`]: 'coalesce(i.concept_id, 0)',
      [`${table}_source_value`]: 'i.source_value',
      [`${table}_source_concept_id`]: 'coalesce(i.source_concept_id, 0)',
      ...at(table, 'i.start'),
      [`${table}_type_concept_id`]: `${EHR}`,
      ...more,
    }).map(([column, value]) => `(CASE WHEN ${when} THEN ${value} END)::${(OMOP_TABLES[table].columns as Readonly<Record<string, string>>)[column]} AS "${column}"`);
  return `SELECT CASE WHEN i.is_measurement THEN 'measurement' ELSE 'observation' END AS "table", ${file('i.part')} AS file, i.record_key, ${location('i.part', 'i."row"')} AS source_location, i.person_id, i.visit_id AS visit_occurrence_id,
    ${Object.entries(values)
      .map(([column, value]) => `(${value})::${(OMOP_TABLES.measurement.columns as Readonly<Record<string, string>>)[column]} AS "${column}"`)
      .join(', ')},
    ${of('measurement', 'i.is_measurement', { operator_concept_id: caseOf('i.quantity.comparator::VARCHAR', OPERATORS, 'NULL') }).join(', ')},
    ${of('observation', 'NOT i.is_measurement', { value_as_string: 'w.source_value' }).join(', ')}
    FROM (SELECT i.*, ${ordinal} AS ordinal, unit_of(i.quantity.code::VARCHAR, i.quantity.unit::VARCHAR) AS unit FROM (${judged}) i) i ${coded('w', 'i.coded_value')} LEFT JOIN units u ON u.code = i.unit`;
};

const quantityOf = (json: string): string => `TRY_CAST(${json} AS INTEGER)`;

/** The rows that a type's resources make. */
const ROWS: Readonly<Record<string, (scanned: Scanned) => string[]>> = {
  Patient: personRows,
  Organization: careSiteRows,
  Encounter: visitRows,
  Condition: conditionRows,
  Observation: observationRows,
  Procedure: procedureRows,
  AllergyIntolerance: allergyRows,
  DeviceUseStatement: deviceRows,
  MedicationRequest: drugRows('MedicationRequest', EHR_PRESCRIPTION, {
    refills: quantityOf('t."dispenseRequest"."numberOfRepeatsAllowed"::VARCHAR'),
    quantity: number('t."dispenseRequest".quantity."value"'),
    days_supply: `CASE WHEN coalesce(${SUPPLY}.code, ${SUPPLY}.unit)::VARCHAR IN ('"d"', '"day"', '"days"') THEN ${number(`${SUPPLY}."value"`)} END`,
  }),
  MedicationStatement: drugRows('MedicationStatement', EHR),
  MedicationAdministration: drugRows('MedicationAdministration', EHR),
  MedicationDispense: drugRows('MedicationDispense', EHR, {
    quantity: number('t.quantity."value"'),
    days_supply: `CASE WHEN coalesce(t."daysSupply".code, t."daysSupply".unit)::VARCHAR IN ('"d"', '"day"', '"days"') THEN ${number('t."daysSupply"."value"')} END`,
  }),
  Immunization: drugRows('Immunization', EHR),
};

/** Rows of the CDM that the scanned resources of a type make. */
export const rowsOfType = (type: string, scanned: Scanned): string[] => ROWS[type]?.(scanned) ?? [];

/** First and last day of each patient's events, by the texts of their moments. */
export const eventsOfType = (type: string, scanned: Scanned): string | null => {
  const events = EVENTS[type];
  if (!events) return null;
  return `SELECT s.person_id, min(${events.start}) AS first, max(greatest(${events.start}, coalesce(${events.end}, ${events.start}))) AS last ${from(type, scanned)} AND ${dated(type)} GROUP BY s.person_id`;
};

/** What drug or device a record that others refer to is of: the text of its code. */
export const kindsOfType = (type: string, { table, only }: Scanned): string | null => {
  const code = { Medication: 'code', Device: '"type"' }[type];
  return code ? `SELECT '${type}/' || t.id AS record, t.${code} AS code FROM ${table} t WHERE t.resource_type = ${text(type)} AND ${only}` : null;
};

/** One row for each admitted record of a type: that it was taken in, and whose it is. */
export const recordsOfType = (type: string, scanned: Scanned): string => {
  const { table, only } = scanned;
  const subject = RESOURCES[type]?.subject;
  const columns = `SELECT 'record' AS "table", ${placeOf(scanned)}`;
  if (type === 'Patient') return `${columns}, s.person_id FROM ${table} t JOIN patients s ON s.name = t.id WHERE t.resource_type = 'Patient' AND ${only}`;
  if (subject) return `${columns}, s.person_id FROM ${table} t LEFT JOIN led s ON s.role = 'subject' AND s.text = t."${subject}" WHERE t.resource_type = ${text(type)} AND ${only}`;
  return `${columns}, NULL::BIGINT AS person_id FROM ${table} t WHERE t.resource_type = ${text(type)} AND ${only}`;
};
