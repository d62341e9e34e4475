import { KEY, type PlantedFile, eachKind, memberNamed, namedAfter } from './identifiers.ts';

type Resource = Record<string, unknown> & { resourceType: string };

const coded = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });

/** Wherever R4 has words, addresses, numbers of things, or bytes. */
const resourcesOf = (planted: string, number: number): Resource[] => {
  const patient = number === 1 ? KEY : `${KEY}${number}`;
  const subject = { reference: `Patient/${patient}`, display: planted, identifier: { value: planted } };
  const wordy = {
    text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${planted}</div>` },
    extension: [{ url: 'http://hospital.example/words', valueString: planted }],
    identifier: [{ system: 'http://hospital.example/mrn', value: planted }],
    contained: [{ resourceType: 'Practitioner', id: 'dr', name: [{ text: planted }], telecom: [{ value: planted }] }],
    meta: { source: planted, tag: [{ system: 'http://hospital.example', code: 'x', display: planted }] },
  };
  const observed = (id: string, more: object): Resource => ({
    resourceType: 'Observation',
    id: `${id}${number}`,
    ...wordy,
    status: 'final',
    code: { ...coded('6301-6'), text: planted },
    subject,
    effectiveDateTime: '2014-05-17T08:30:00+02:00',
    performer: [{ reference: '#dr', display: planted }],
    note: [{ authorString: planted, text: planted }],
    ...more,
  });
  /** Elements whose type is code, and words that stand where a code is wanted. */
  const inCodes = (code: string): Resource[] =>
    [
      observed('code', { code: { coding: [{ system: 'http://hospital.example/codes', code: planted, display: planted }] }, valueInteger: 3 }),
      observed('answer', { valueCodeableConcept: { coding: [{ system: 'http://hospital.example/codes', code: planted }] } }),
      observed('quantity', { valueQuantity: { value: 2.4, unit: code } }),
      observed('component', { component: [{ code: { ...coded('8480-6'), text: code }, valueQuantity: { value: 120, unit: code } }] }),
      { resourceType: 'Encounter', id: `coded-visit${number}`, status: 'finished', class: { code }, subject, period: { start: '2014-05-17T08:00:00Z' } },
    ].map((resource) => resource as Resource);
  return [
    {
      resourceType: 'Patient',
      id: patient,
      ...wordy,
      gender: 'female',
      birthDate: '1951-03-02',
      name: [{ text: planted, family: planted, given: [planted] }],
      telecom: [
        { system: 'phone', value: planted },
        { system: 'fax', value: planted },
        { system: 'email', value: planted },
      ],
      address: [{ text: planted, line: [planted], city: planted, district: planted, postalCode: planted }],
      photo: [{ contentType: 'image/jpeg', data: Buffer.from(planted).toString('base64'), url: planted, title: planted }],
      contact: [{ name: { text: planted }, telecom: [{ value: planted }] }],
      generalPractitioner: [{ display: planted }],
      link: [{ other: { reference: planted }, type: 'seealso' }],
      maritalStatus: { text: planted },
      multipleBirthInteger: 2,
    },
    observed('coded-unit', { valueQuantity: { value: 2.4, unit: planted, system: 'http://unitsofmeasure.org', code: '{INR}' } }),
    observed('text', { valueString: planted }),
    observed('words', { valueCodeableConcept: { text: planted, coding: [{ system: 'http://snomed.info/sct', code: '260385009', display: planted }] } }),
    ...inCodes(planted),
    observed('term', { code: { text: planted }, valueCodeableConcept: { text: planted } }),
    observed('modified', { modifierExtension: [{ url: 'http://hospital.example/words', valueString: planted }] }),
    observed('status', { status: planted }),
    observed('nobody', { subject: { reference: planted }, valueInteger: 3 }),
    observed('comparator', { valueQuantity: { value: 2.4, comparator: planted } }),
    observed('member', { valueQuantity: { value: 2.4, [memberNamed(planted)]: true } }),
    observed('element', { [`value${memberNamed(planted)}`]: 3 }),
    observed('component-element', { component: [{ code: coded('8480-6'), [`valueOf${memberNamed(planted)}`]: 120 }] }),
    { ...observed('whole', {}), id: planted.replaceAll(/[^A-Za-z0-9.-]/g, '-') },
    {
      resourceType: 'Encounter',
      id: `e${number}`,
      ...wordy,
      status: 'finished',
      class: { code: 'AMB', display: planted },
      subject,
      serviceType: { text: planted },
      reasonCode: [{ text: planted }],
      period: { start: '2014-05-17T08:00:00Z' },
      location: [{ location: { display: planted } }],
      participant: [{ individual: { display: planted } }],
    },
    {
      resourceType: 'Condition',
      id: `c${number}`,
      ...wordy,
      subject,
      code: { ...coded('73211009'), text: planted },
      onsetString: planted,
      recordedDate: '2014-05-17',
      recorder: { display: planted },
    },
    {
      resourceType: 'MedicationRequest',
      id: `m${number}`,
      ...wordy,
      status: 'active',
      intent: 'order',
      subject,
      medicationCodeableConcept: { text: planted, coding: [{ system: 'http://www.nlm.nih.gov/research/umls/rxnorm', code: '855332', display: planted }] },
      authoredOn: '2014-05-17',
      requester: { display: planted },
      dosageInstruction: [{ text: planted, patientInstruction: planted }],
    },
    {
      resourceType: 'Device',
      id: `d${number}`,
      ...wordy,
      patient: subject,
      type: { coding: [{ system: 'http://snomed.info/sct', code: '14106009' }], text: planted },
      serialNumber: planted,
      lotNumber: planted,
      distinctIdentifier: planted,
      udiCarrier: [{ deviceIdentifier: planted, carrierHRF: planted, carrierAIDC: Buffer.from(planted).toString('base64') }],
      deviceName: [{ name: planted, type: 'user-friendly-name' }],
      manufactureDate: '2014-05-17',
      url: planted,
    },
    {
      resourceType: 'DiagnosticReport',
      id: `r${number}`,
      ...wordy,
      status: 'final',
      code: coded('6301-6'),
      subject,
      conclusion: planted,
      presentedForm: [{ data: Buffer.from(planted).toString('base64'), url: planted, title: planted }],
      media: [{ comment: planted, link: { display: planted } }],
    },
    {
      resourceType: 'Immunization',
      id: `i${number}`,
      ...wordy,
      status: 'completed',
      patient: subject,
      vaccineCode: { coding: [{ system: 'http://hl7.org/fhir/sid/cvx', code: '140', display: planted }] },
      occurrenceDateTime: '2014-05-17',
      lotNumber: planted,
      manufacturer: { display: planted },
    },
    {
      resourceType: 'Procedure',
      id: `p${number}`,
      ...wordy,
      status: 'completed',
      subject,
      code: { ...coded('430193006'), text: planted },
      performedDateTime: '2014-05-17',
      note: [{ text: planted }],
    },
    {
      resourceType: 'AllergyIntolerance',
      id: `a${number}`,
      ...wordy,
      patient: subject,
      code: { ...coded('294505008'), text: planted },
      recordedDate: '2014-05-17',
      reaction: [{ description: planted }],
    },
    {
      resourceType: 'DocumentReference',
      id: `dr${number}`,
      ...wordy,
      status: 'current',
      subject,
      content: [{ attachment: { data: Buffer.from(planted).toString('base64'), url: planted } }],
    },
    { resourceType: 'Consent', id: `k${number}`, ...wordy, patient: subject, sourceAttachment: { data: Buffer.from(planted).toString('base64') } },
    { resourceType: planted },
  ];
};

export const fhirLines = (): PlantedFile[] => [
  {
    name: namedAfter('ndjson'),
    content: eachKind((planted, number) => [...resourcesOf(planted, number).map((resource) => JSON.stringify(resource)), `{"resourceType":"Observation","id":"${planted}`])
      .map((line) => `${line}\n`)
      .join(''),
  },
  {
    name: namedAfter('json'),
    content: eachKind((planted) => `${JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'login', diagnostics: planted }] })}\n`).join(''),
  },
];

export const fhirBundles = (): PlantedFile[] => [
  ...eachKind(
    (planted, number): PlantedFile => ({
      name: namedAfter('json'),
      content: JSON.stringify({
        resourceType: 'Bundle',
        type: 'transaction',
        identifier: { value: planted },
        link: [{ relation: 'self', url: planted }],
        signature: { data: Buffer.from(planted).toString('base64') },
        entry: resourcesOf(planted, number).flatMap((resource) => [
          { fullUrl: `urn:uuid:${planted}`, resource, request: { method: 'POST', url: planted, ifNoneExist: `identifier=${planted}` } },
          { request: { method: 'DELETE', url: planted } },
        ]),
      }),
    }),
  ),
  ...eachKind((planted): PlantedFile => ({ name: 'outcome.json', content: JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ diagnostics: planted }] }) })),
  ...eachKind((planted): PlantedFile => ({ name: 'broken.json', content: `{"resourceType":"Bundle","entry":[{"resource":{"id":"${planted}"` })),
  ...eachKind((planted): PlantedFile => ({ name: 'other.json', content: JSON.stringify({ [planted]: planted }) })),
];
