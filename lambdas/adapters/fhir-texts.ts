import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import { type Json, isSound } from '../domain/lake/formats/fhir/check-resource.ts';
import { type Element, type Kind, RESOURCES, elementsOf, elementsOfChoice } from '../domain/lake/formats/fhir/elements.ts';
import type { FhirSourceMap } from '../domain/lake/formats/fhir/map.ts';
import { codedOf, identifierKeys, ombCategory, referenceKey, subjectOfIdentifiers } from '../domain/lake/formats/fhir/texts.ts';
import { literal } from './duckdb.ts';
import type { Scan } from './fhir-scan.ts';

/** What stands at the same place of resources: a column of a file's table, or a member of its parted lists. */
type Place = { table: string; column: string; element: Element; inside: string | null; type: string };

const placesOf = (scans: readonly Scan[]): Place[] =>
  scans.flatMap(({ table, read, types }) =>
    read
      .filter((type) => types.has(type))
      .flatMap((type) =>
        elementsOf(type).flatMap((element): Place[] => [
          { table, column: element.name, element, inside: null, type },
          ...(element.kind === 'BackboneElement' && element.list
            ? [...(element.elements ?? []), ...(element.choices ?? []).flatMap(elementsOfChoice)].map((member) => ({
                table,
                column: member.name,
                element: member,
                inside: element.name,
                type,
              }))
            : []),
        ]),
      ),
  );

const textsAt = (places: readonly Place[]): string | null => {
  const selects = places.map(({ table, column, inside }) =>
    inside
      ? `SELECT p."${column}"::VARCHAR AS text FROM (SELECT unnest("${inside}") AS p FROM ${table} WHERE "${inside}" IS NOT NULL)`
      : `SELECT "${column}" AS text FROM ${table}`,
  );
  return selects.length > 0 ? `SELECT DISTINCT text FROM (${[...new Set(selects)].join(' UNION ALL ')}) WHERE text IS NOT NULL` : null;
};

/** Each text of a query once; what is made of it is appended to a table. */
const eachText = async (connection: DuckDBConnection, query: string | null, table: string, append: (appender: DuckDBAppender, text: string) => void): Promise<void> => {
  if (query === null) return;
  const appender = await connection.createAppender(table);
  const result = await connection.stream(query);
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [text] of chunk.getRows()) {
      append(appender, text as string);
      appender.endRow();
    }
  }
  appender.closeSync();
};

const appendText = (appender: DuckDBAppender, text: string | null): void => (text === null ? appender.appendNull() : appender.appendVarchar(text));

/** JSON that the engine wrote; null where JavaScript cannot read it. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const isKind =
  (kind: Kind, list: boolean) =>
  ({ element }: Place) =>
    element.kind === kind && (element.list ?? false) === list;

/** `coded`, `classes`, `listed`, `identifiers`, `extensions`: what distinct texts say, each with whether it is of its type (`bad`). */
export const readTexts = async (connection: DuckDBConnection, scans: readonly Scan[], map: FhirSourceMap): Promise<void> => {
  const places = placesOf(scans);
  for (const table of ['coded', 'classes'])
    await connection.run(`CREATE TABLE ${table} (text VARCHAR, bad BOOLEAN, source_value VARCHAR, concept_id INTEGER, source_concept_id INTEGER, domain VARCHAR)`);
  await connection.run('CREATE TABLE listed (text VARCHAR, bad BOOLEAN)');
  await connection.run('CREATE TABLE identifiers (text VARCHAR, bad BOOLEAN, subject VARCHAR)');
  await connection.run('CREATE TABLE extensions (text VARCHAR, bad BOOLEAN, race VARCHAR, ethnicity VARCHAR)');
  const appendCoded = (element: Element, concept: (value: unknown) => unknown) => (appender: DuckDBAppender, text: string) => {
    const value = parsed(text);
    const sound = isSound(value, element);
    const { sourceValue, conceptId, sourceConceptId, domain } = codedOf(sound ? concept(value) : null);
    appender.appendVarchar(text);
    appender.appendBoolean(!sound);
    appendText(appender, sourceValue);
    appender.appendInteger(conceptId);
    appender.appendInteger(sourceConceptId);
    appendText(appender, domain);
  };
  const element = (kind: Kind, list = false): Element => ({ name: kind, kind, ...(list ? { list } : {}), required: true });
  await eachText(
    connection,
    union(textsAt(places.filter(isKind('CodeableConcept', false))), await insideTexts(connection, scans)),
    'coded',
    appendCoded(element('CodeableConcept'), (value) => value),
  );
  await eachText(
    connection,
    textsAt(places.filter(isKind('Coding', false))),
    'classes',
    appendCoded(element('Coding'), (value) => ({ coding: [value] })),
  );
  await eachText(connection, textsAt(places.filter(isKind('CodeableConcept', true))), 'listed', (appender, text) => {
    appender.appendVarchar(text);
    appender.appendBoolean(!isSound(parsed(text), element('CodeableConcept', true)));
  });
  await eachText(connection, textsAt(places.filter(isKind('Identifier', true))), 'identifiers', (appender, text) => {
    const value = parsed(text);
    const sound = isSound(value, element('Identifier', true));
    appender.appendVarchar(text);
    appender.appendBoolean(!sound);
    appendText(appender, sound ? subjectOfIdentifiers(value as Json[], map) : null);
  });
  await eachText(connection, textsAt(places.filter(isKind('Extension', true))), 'extensions', (appender, text) => {
    const value = parsed(text);
    const sound = isSound(value, element('Extension', true));
    appender.appendVarchar(text);
    appender.appendBoolean(!sound);
    for (const name of ['race', 'ethnicity'] as const) appendText(appender, sound ? ombCategory(value as Json[], name) : null);
  });
};

const union = (...queries: (string | null)[]): string | null => {
  const given = queries.filter((query) => query !== null);
  return given.length > 0 ? `SELECT DISTINCT text FROM (${given.join(' UNION ALL ')})` : null;
};

/** `inside(record_key, code)`: the drug of a Medication that is inside the resource that refers to it; answers how to select its texts. */
const insideTexts = async (connection: DuckDBConnection, scans: readonly Scan[]): Promise<string> => {
  await connection.run('CREATE TABLE inside (record_key VARCHAR, code VARCHAR)');
  for (const { table, read, types } of scans) {
    if (!read.some((type) => types.has(type) && elementsOf(type).some(({ name }) => name === 'medicationReference'))) continue;
    await connection.run(
      `INSERT INTO inside SELECT record_key, min(one.code::VARCHAR) FROM
         (SELECT record_key, "medicationReference"->>'$.reference' AS reference, unnest(json_transform(contained, '[{"resourceType":"VARCHAR","id":"VARCHAR","code":"JSON"}]')) AS one
          FROM ${table} WHERE contains("medicationReference", '"#') AND contained IS NOT NULL)
       WHERE one."resourceType" = 'Medication' AND reference = '#' || one.id AND one.code IS NOT NULL GROUP BY record_key`,
    );
  }
  return 'SELECT code AS text FROM inside';
};

/** What a reference's element leads to. */
export const ROLE_OF: Readonly<Record<string, string>> = {
  subject: 'subject',
  patient: 'subject',
  encounter: 'visit',
  context: 'visit',
  serviceProvider: 'site',
  managingOrganization: 'site',
  medicationReference: 'medication',
  device: 'device',
};
export const ROLES = [...new Set(Object.values(ROLE_OF))];

/** `named(key, type, name)`: under which keys the resources of the set are found. `patients(name, subject, pseudonym, person_id)`. */
export const nameTargets = async (connection: DuckDBConnection, scans: readonly Scan[], targets: readonly string[], map: FhirSourceMap): Promise<void> => {
  const held = scans.flatMap(({ table, types }) => targets.filter((type) => types.has(type)).map((type) => ({ table, type })));
  const selects = held.flatMap(({ table, type }) => [
    `SELECT '${type}/' || id AS key, '${type}' AS "type", id AS name FROM ${table} WHERE resource_type = '${type}' AND id IS NOT NULL`,
    `SELECT full_url, '${type}', id FROM ${table} WHERE resource_type = '${type}' AND id IS NOT NULL AND starts_with(full_url, 'urn:')`,
  ]);
  await connection.run(
    `CREATE TABLE named AS SELECT DISTINCT key, "type", name FROM (${selects.length > 0 ? selects.join(' UNION ALL ') : `SELECT NULL::VARCHAR AS key, NULL::VARCHAR AS "type", NULL::VARCHAR AS name WHERE false`})`,
  );
  const patients = scans.filter(({ types, read }) => types.has('Patient') && read.includes('Patient'));
  const subjects = patients.map(({ table }) =>
    map.subject === 'id'
      ? `SELECT id AS name, id AS subject FROM ${table} WHERE resource_type = 'Patient'`
      : `SELECT t.id AS name, i.subject FROM ${table} t JOIN identifiers i ON i.text = t.identifier WHERE t.resource_type = 'Patient'`,
  );
  await connection.run('CREATE TABLE patients (name VARCHAR, subject VARCHAR, pseudonym VARCHAR, person_id BIGINT)');
  if (subjects.length > 0)
    await addPatients(connection, `SELECT name, min(subject) AS subject FROM (${subjects.join(' UNION ALL ')}) WHERE name IS NOT NULL AND subject IS NOT NULL GROUP BY name`);
};

const addPatients = (connection: DuckDBConnection, subjects: string) =>
  connection.run(`INSERT INTO patients SELECT name, subject, pseudonym(subject), person_id_of(pseudonym(subject)) FROM (${subjects})`);

/** Conditional references look their target up by its identifiers; they are indexed only where there are such references. */
const nameByIdentifier = async (connection: DuckDBConnection, scans: readonly Scan[], targets: readonly string[]): Promise<void> => {
  const appender = await connection.createAppender('named');
  for (const { table, types, read } of scans) {
    for (const type of targets.filter((target) => types.has(target) && read.includes(target) && RESOURCES[target]?.elements.some(({ name }) => name === 'identifier'))) {
      const result = await connection.stream(`SELECT id, identifier FROM ${table} WHERE resource_type = ${literal(type)} AND id IS NOT NULL AND identifier IS NOT NULL`);
      for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
        for (const [id, text] of chunk.getRows()) {
          const identifiers = parsed(text as string);
          if (!isSound(identifiers, { name: 'identifier', kind: 'Identifier', list: true })) continue;
          for (const key of new Set(identifierKeys(type, identifiers as Json[]))) {
            appender.appendVarchar(key);
            appender.appendVarchar(type);
            appender.appendVarchar(id as string);
            appender.endRow();
          }
        }
      }
    }
  }
  appender.closeSync();
};

/**
 * `led(role, text, bad, broken, name, person_id, visit_id, care_site_id)`: where each distinct reference leads. `bad`: it is no
 * Reference; `broken`: it leads to what ought to be in the set and is not.
 */
export const followReferences = async (connection: DuckDBConnection, scans: readonly Scan[], targets: readonly string[], map: FhirSourceMap): Promise<void> => {
  await connection.run('CREATE TABLE pointed (text VARCHAR, role VARCHAR, bad BOOLEAN, broken BOOLEAN, key VARCHAR)');
  let conditional = false;
  const places = placesOf(scans).filter(({ element }) => element.kind === 'Reference');
  for (const role of ROLES) {
    const own = places.filter(({ column }) => ROLE_OF[column] === role);
    const allowed = [...new Set(own.flatMap(({ element }) => element.targets ?? []))];
    await eachText(connection, textsAt(own), 'pointed', (appender, text) => {
      const value = parsed(text);
      const sound = isSound(value, { name: role, kind: 'Reference', required: true });
      const found = sound ? referenceKey(value as Json, allowed) : 'broken';
      const key = found === 'broken' ? null : found.key;
      if (key?.includes('?identifier=')) conditional = true;
      appender.appendVarchar(text);
      appender.appendVarchar(role);
      appender.appendBoolean(!sound);
      appender.appendBoolean(sound && found === 'broken');
      appendText(appender, key);
    });
  }
  if (conditional) await nameByIdentifier(connection, scans, targets);
  const present = new Set(scans.flatMap(({ types }) => [...types]));
  const absent = targets.filter((type) => type !== 'Patient' && (map.patientsElsewhere || !present.has(type)));
  // a patient of another upload is known by the key alone
  const elsewhere = (key: string): string => {
    if (!map.patientsElsewhere) return 'NULL';
    if (map.subject === 'id') return `CASE WHEN starts_with(${key}, 'Patient/') THEN ${key}[9:] END`;
    const prefix = `Patient?identifier=${map.subject.identifierSystem}|`;
    return `CASE WHEN starts_with(${key}, ${literal(prefix)}) THEN ${key}[${[...prefix].length + 1}:] END`;
  };
  // one key that several resources have leads to none of them
  await connection.run('CREATE TABLE reached AS SELECT key, min("type") AS "type", min(name) AS name FROM named GROUP BY key HAVING count(*) = 1');
  await connection.run(
    `CREATE TABLE aims AS SELECT p.*, r."type" AS "type", r.name, CASE WHEN r.key IS NULL THEN ${elsewhere('p.key')} END AS elsewhere FROM pointed p LEFT JOIN reached r ON r.key = p.key`,
  );
  await addPatients(connection, `SELECT DISTINCT 'elsewhere ' || elsewhere AS name, elsewhere AS subject FROM aims WHERE elsewhere IS NOT NULL AND role = 'subject'`);
  // also a visit of another upload
  const visit = `CASE WHEN a.role <> 'visit' THEN NULL WHEN a."type" = 'Encounter' THEN a.name ${map.patientsElsewhere ? `WHEN a.name IS NULL AND starts_with(a.key, 'Encounter/') THEN a.key[11:]` : ''} END`;
  const mayBeAbsent = absent.length > 0 ? `regexp_extract(a.key, '^[A-Za-z]+') IN (${absent.map(literal).join(', ')}) AND NOT contains(a.key, '?')` : 'false';
  await connection.run(
    `CREATE TABLE led AS SELECT a.role, a.text, a.bad,
       a.broken OR (a.role = 'subject' AND (a.key IS NULL OR starts_with(a.key, '#') OR (a."type" = 'Patient' AND p.person_id IS NULL)))
         OR (a.key IS NOT NULL AND NOT starts_with(a.key, '#') AND a.name IS NULL AND a.elsewhere IS NULL AND NOT (${mayBeAbsent})) AS broken,
       a.name, p.person_id,
       row_id_of('visit_occurrence', record_key_of('Encounter/' || ${visit})) AS visit_id,
       CASE WHEN a.role = 'site' AND a."type" = 'Organization' THEN care_site_id_of(a.name) END AS care_site_id
     FROM aims a LEFT JOIN patients p ON p.name = CASE WHEN a.elsewhere IS NOT NULL THEN 'elsewhere ' || a.elsewhere WHEN a."type" = 'Patient' THEN a.name END AND a.role = 'subject'`,
  );
};
