import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';
import type { Finding } from '../../reading.ts';
import { type Choice, type Element, RESOURCES, elementsOfChoice } from './elements.ts';
import { endsBefore, isCalendarDate, isOf } from './primitives.ts';
import { RESOURCE_TYPES } from './resource-types.ts';

export type Json = Readonly<Record<string, unknown>>;
export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

type Tell = (field: string, reason: Reason) => void;

/** What speaks against a resource by itself; whether its references lead somewhere and whether it came before are the set's to say. JSON null stands for nothing. */
export const checkResource = (resource: Json): Finding[] => {
  const findings: Finding[] = [];
  const tell: Tell = (field, reason) => void findings.push({ field, reason });
  const { resourceType: type, id } = resource;
  if (type === undefined || type === null) tell('resourceType', 'missing-value');
  else if (typeof type !== 'string') tell('resourceType', 'wrong-type');
  else if (type === 'OperationOutcome') tell('resourceType', 'error-report');
  else if (!RESOURCE_TYPES.has(type) || type === 'Bundle') tell('resourceType', 'unknown-code');
  if (findings.length > 0) return findings;
  if (id === undefined || id === null) tell('id', 'missing-value');
  else if (!isOf('id', id)) tell('id', 'wrong-type');
  const updated = resource['meta'];
  if (isGiven(updated) && !isObject(updated)) tell('meta', 'wrong-type');
  const declared = RESOURCES[type as string];
  if (!declared) return findings;
  checkElements(resource, '', declared.elements, declared.choices, tell);
  if (findings.length === 0) checkRules(type as string, resource, tell);
  return findings;
};

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

const checkElements = (of: Json, path: string, elements: readonly Element[], choices: readonly Choice[], tell: Tell): void => {
  for (const element of elements) checkElement(of[element.name], `${path}${element.name}`, element, tell);
  for (const choice of choices) {
    const members = elementsOfChoice(choice).filter(({ name }) => isGiven(of[name]));
    if (members.length > 1) tell(`${path}${choice.stem}[x]`, 'contradictory-value');
    else if (members.length === 0 && choice.required) tell(`${path}${choice.stem}[x]`, 'missing-value');
    for (const member of members) checkElement(of[member.name], `${path}${member.name}`, member, tell);
  }
};

const checkElement = (value: unknown, path: string, element: Element, tell: Tell): void => {
  if (!isGiven(value)) {
    if (element.required) tell(path, 'missing-value');
  } else if (!element.list) checkValue(value, path, element, tell);
  else if (!Array.isArray(value) || value.length === 0) tell(path, 'wrong-type');
  else for (const [index, each] of value.entries()) checkValue(each, `${path}[${index}]`, element, tell);
};

/** Whether a value is one that the element may have. */
export const isSound = (value: unknown, element: Element): boolean => {
  let sound = true;
  checkElement(value, element.name, element, () => {
    sound = false;
  });
  return sound;
};

const checkValue = (value: unknown, path: string, element: Element, tell: Tell): void => {
  const must = (holds: boolean, reason: Reason = 'wrong-type'): boolean => {
    if (!holds) tell(path, reason);
    return holds;
  };
  switch (element.kind) {
    case 'code':
      if (must(isOf('code', value)) && element.codes) must(element.codes.includes(value as string), 'unknown-code');
      return;
    case 'string':
      must(isText(value));
      return;
    case 'boolean':
      must(typeof value === 'boolean');
      return;
    case 'decimal':
      must(typeof value === 'number' && Number.isFinite(value));
      return;
    case 'integer':
      must(Number.isInteger(value) && Math.abs(value as number) < 2 ** 31);
      return;
    case 'unsignedInt':
      must(Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31);
      return;
    case 'date':
    case 'dateTime':
    case 'instant':
      if (must(typeof value === 'string')) must(isCalendarDate(element.kind, value), 'unparsable-date');
      return;
    case 'time':
      if (must(typeof value === 'string')) must(isOf('time', value), 'unparsable-date');
      return;
  }
  if (!must(isObject(value) && Object.keys(value).length > 0)) return;
  const members = value as Json;
  const member = (name: string, kind: Element['kind'], list?: true): void => checkElement(members[name], `${path}.${name}`, { name, kind, ...(list ? { list } : {}) }, tell);
  switch (element.kind) {
    case 'Coding':
      checkCoding(members, path, tell);
      return;
    case 'CodeableConcept':
      must(['text', 'coding', 'extension'].some((name) => isGiven(members[name])));
      member('text', 'string');
      member('coding', 'Coding', true);
      return;
    case 'Reference':
      must(['reference', 'identifier', 'display', 'extension'].some((name) => isGiven(members[name])));
      member('reference', 'string');
      member('display', 'string');
      member('identifier', 'Identifier');
      return;
    case 'Identifier':
      member('value', 'string');
      if (isGiven(members['system'])) checkUri(members['system'], `${path}.system`, tell);
      return;
    case 'Period': {
      member('start', 'dateTime');
      member('end', 'dateTime');
      const { start, end } = members;
      if (isCalendarDate('dateTime', start) && isCalendarDate('dateTime', end) && endsBefore(start, end)) tell(`${path}.end`, 'contradictory-value');
      return;
    }
    case 'Quantity':
    case 'SimpleQuantity':
      checkQuantity(members, path, element.kind, tell);
      return;
    case 'Extension':
      if (!isText(members['url'])) tell(`${path}.url`, members['url'] === undefined ? 'missing-value' : 'wrong-type');
      member('extension', 'Extension', true);
      member('valueCoding', 'Coding');
      return;
    case 'BackboneElement':
      checkElements(members, `${path}.`, element.elements ?? [], element.choices ?? [], tell);
      return;
  }
};

/** https://www.hl7.org/fhir/R4/datatypes.html#string: something else than white space */
const isText = (value: unknown): value is string => typeof value === 'string' && /[^ \t\r\n\f]/.test(value);

const checkUri = (value: unknown, path: string, tell: Tell): void => {
  if (!isOf('uri', value)) tell(path, 'wrong-type');
};

const checkCoding = (coding: Json, path: string, tell: Tell): void => {
  if (isGiven(coding['system'])) checkUri(coding['system'], `${path}.system`, tell);
  if (isGiven(coding['code']) && !isOf('code', coding['code'])) tell(`${path}.code`, 'wrong-type');
  if (isGiven(coding['display']) && !isText(coding['display'])) tell(`${path}.display`, 'wrong-type');
};

export const COMPARATORS = ['<', '<=', '>=', '>'] as const;

const checkQuantity = (quantity: Json, path: string, kind: 'Quantity' | 'SimpleQuantity', tell: Tell): void => {
  const { value, comparator, unit, system, code } = quantity;
  if (isGiven(value) && !(typeof value === 'number' && Number.isFinite(value))) tell(`${path}.value`, 'wrong-type');
  if (isGiven(comparator)) {
    if (kind === 'SimpleQuantity' || !(COMPARATORS as readonly unknown[]).includes(comparator))
      tell(`${path}.comparator`, typeof comparator === 'string' ? 'unknown-code' : 'wrong-type');
  }
  if (isGiven(unit) && !isText(unit)) tell(`${path}.unit`, 'wrong-type');
  if (isGiven(system)) checkUri(system, `${path}.system`, tell);
  if (!isGiven(code)) return;
  if (!isOf('code', code)) tell(`${path}.code`, 'wrong-type');
  // qty-3: a code needs its system
  else if (!isGiven(system)) tell(`${path}.system`, 'missing-value');
};

/** Codes of a CodeableConcept of known shape. */
export const codesOf = (concept: unknown): { system: string | null; code: string }[] => {
  const codings = isObject(concept) && Array.isArray(concept['coding']) ? (concept['coding'] as Json[]) : [];
  return codings.flatMap(({ system, code }) => (typeof code === 'string' ? [{ system: typeof system === 'string' ? system : null, code }] : []));
};

/** The standard's rules between elements that are read, and what no life allows. */
const checkRules = (type: string, resource: Json, tell: Tell): void => {
  if (type === 'Patient') {
    const { birthDate, deceasedDateTime } = resource;
    if (typeof birthDate === 'string' && typeof deceasedDateTime === 'string' && endsBefore(birthDate, deceasedDateTime)) tell('deceasedDateTime', 'contradictory-value');
  }
  if (type === 'Observation') {
    // obs-6: a value, or why there is none
    const valued = Object.keys(resource).some((name) => /^value[A-Z]/.test(name) && isGiven(resource[name]));
    if (valued && isGiven(resource['dataAbsentReason'])) tell('dataAbsentReason', 'contradictory-value');
    // obs-7: the same code has its value once
    const own = new Set(codesOf(resource['code']).map(({ system, code }) => `${system} ${code}`));
    const components = (resource['component'] ?? []) as Json[];
    if (valued && components.some((component) => codesOf(component['code']).some(({ system, code }) => own.has(`${system} ${code}`))))
      tell('component.code', 'contradictory-value');
  }
  if (type === 'Condition') {
    // con-4: what has abated is not active
    const abated = ['DateTime', 'Age', 'Period', 'Range', 'String'].some((kind) => isGiven(resource[`abatement${kind}`]));
    const over = codesOf(resource['clinicalStatus']).some(({ code }) => ['resolved', 'remission', 'inactive'].includes(code));
    if (abated && !over) tell('clinicalStatus', 'contradictory-value');
    const { onsetDateTime, abatementDateTime } = resource;
    if (typeof onsetDateTime === 'string' && typeof abatementDateTime === 'string' && endsBefore(onsetDateTime, abatementDateTime))
      tell('abatementDateTime', 'contradictory-value');
  }
};

/** Withdrawn by its source: the record counts as deleted. */
export const isEnteredInError = (resource: Json): boolean =>
  resource['status'] === 'entered-in-error' ||
  (isObject(resource['verificationStatus']) && codesOf(resource['verificationStatus']).some(({ code }) => code === 'entered-in-error'));
