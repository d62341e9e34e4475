import type { Elements, Json } from './elements.ts';

/** The elements of several types that are read, and the types that R4 allows them. */
const CHOICES = {
  value: ['Quantity', 'CodeableConcept', 'String', 'Boolean', 'Integer', 'Range', 'Ratio', 'SampledData', 'Time', 'DateTime', 'Period'],
  effective: ['DateTime', 'Period', 'Timing', 'Instant'],
  onset: ['DateTime', 'Age', 'Period', 'Range', 'String'],
  abatement: ['DateTime', 'Age', 'Period', 'Range', 'String'],
  performed: ['DateTime', 'Period', 'String', 'Age', 'Range'],
  occurrence: ['DateTime', 'String'],
  medication: ['CodeableConcept', 'Reference'],
  deceased: ['Boolean', 'DateTime'],
} as const satisfies Record<string, readonly string[]>;

/** An element of a type that it may not have, or whose type is misspelt. As text of JSON it stands between quotes. */
const otherChoice = (end: string): string =>
  `(?:${Object.entries(CHOICES)
    .map(([stem, types]) => `${stem}(?!(?:${types.join('|')})${end})`)
    .join('|')})[A-Z]`;
const OTHER_CHOICE = new RegExp(`^_?${otherChoice('$')}`);
export const OTHER_CHOICE_IN_TEXT = new RegExp(`"_?${otherChoice('"')}`, 'g');

/** Read elements of which a misspelling is told by its letters alone. */
const READ: ReadonlyMap<string, string> = new Map(
  [
    ...Object.entries(CHOICES).flatMap(([stem, types]) => types.map((type) => `${stem}${type}`)),
    ...[
      'gender',
      'birthDate',
      'managingOrganization',
      'status',
      'class',
      'period',
      'subject',
      'patient',
      'encounter',
      'context',
      'serviceProvider',
      'code',
      'category',
      'component',
    ],
    ...['verificationStatus', 'recordedDate', 'issued', 'intent', 'doNotPerform', 'authoredOn', 'dispenseRequest', 'dateAsserted', 'whenHandedOver', 'whenPrepared', 'quantity'],
    ...['daysSupply', 'vaccineCode', 'type', 'manufactureDate', 'modifierExtension', 'implicitRules'],
  ].map((name) => [name.toLowerCase(), name]),
);

/** Earlier versions of FHIR said in these that something was not done: R4 does not have them, and without them it would be. */
export const FORMER_NEGATIONS = ['taken', 'wasNotTaken', 'notGiven', 'wasNotGiven', 'notDone', 'notPerformed'] as const;

/** What changes the meaning of a record must be understood (https://www.hl7.org/fhir/R4/extensibility.html#modifierExtension, resource.html#implicitRules): none is. */
const MODIFIERS = ['modifierExtension', 'implicitRules'] as const;
const PARTS = ['component', 'dispenseRequest', 'dosage', 'contained'] as const;

const isMisspelt = (name: string): boolean => {
  const meant = READ.get(name.toLowerCase());
  return (FORMER_NEGATIONS as readonly string[]).includes(name) || OTHER_CHOICE.test(name) || (meant !== undefined && meant !== name);
};

/** The element that was meant: a name as a file spells it may be somebody's, and is not told. */
const nameInR4 = (name: string): string =>
  READ.get(name.toLowerCase()) ?? FORMER_NEGATIONS.find((former) => former === name) ?? `${Object.keys(CHOICES).find((stem) => name.replace('_', '').startsWith(stem))}[x]`;

/** Names repeat from resource to resource: those that are in order are remembered, as many as R4 has. */
const inOrder = new Set<string>();
const MOST_NAMES = 2000;

/** What speaks against a resource beside the values of its elements: modifiers, and elements that R4 does not have and that were meant to be read. */
export const refuseUnknown = (elements: Elements): void => {
  const { resource } = elements;
  for (const name of MODIFIERS) if (resource[name] !== undefined) elements.wrong(name, 'unknown-modifier');
  for (const name of Object.keys(resource)) {
    if (inOrder.has(name)) continue;
    if (isMisspelt(name)) elements.wrong(nameInR4(name), 'schema-violation');
    else if (inOrder.size < MOST_NAMES) inOrder.add(name);
  }
  for (const name of PARTS) if (resource[name] !== undefined) for (const [index, part] of partsOf(resource[name])) refuseInPart(elements, part, `${name}[${index}]`);
};

const refuseInPart = (elements: Elements, part: Json, path: string): void => {
  if (part['modifierExtension'] !== undefined) elements.wrong(`${path}.modifierExtension`, 'unknown-modifier');
  // of what is contained nothing but a Medication is read
  if (path.startsWith('contained') && part['resourceType'] !== 'Medication') return;
  for (const name of Object.keys(part)) if (!inOrder.has(name) && OTHER_CHOICE.test(name)) elements.wrong(`${path}.${nameInR4(name)}`, 'schema-violation');
};

const partsOf = (value: unknown): [number, Json][] =>
  [value].flat().flatMap((part, index): [number, Json][] => (typeof part === 'object' && part !== null ? [[index, part as Json]] : []));
