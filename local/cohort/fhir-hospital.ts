import concepts from '../../config/sources/concepts.json' with { type: 'json' };
import type { RACES } from './marginals.ts';
import { FLAGS, type Patient } from './patient.ts';
import { NAMES } from './planted-phi.ts';
import type { Random } from './random.ts';

/** The hospital that sends FHIR bundles and a VCF where the others send rows. */
export const FHIR_HOSPITAL = '107';
/** Its own code system, for what no public vocabulary has a code: the stable dose, the target, yes-or-no items. */
const LOCAL_CODES = 'https://hospital-107.example.org/codes';
const PATIENTS = 'https://hospital-107.example.org/patients';

type Resource = { resourceType: string; id: string } & Record<string, unknown>;
export type Admission = { subject: string; patient: Patient /** YYYY-MM-DD */; day: string };

const SYSTEMS: Record<string, string> = { LOINC: 'http://loinc.org', RxNorm: 'http://www.nlm.nih.gov/research/umls/rxnorm', SNOMED: 'http://snomed.info/sct' };
type ConceptName = keyof typeof concepts.concepts;

/** A concept's public code, or the hospital's own where it has none. */
const coding = (name: ConceptName) => {
  const { vocabulary, code, title } = concepts.concepts[name];
  const system = SYSTEMS[vocabulary];
  return { coding: [system ? { system, code, display: title } : { system: LOCAL_CODES, code: name }] };
};

/** US Core's race extension, OMB categories (https://hl7.org/fhir/us/core/STU5.0.1/StructureDefinition-us-core-race.html). */
const OMB: Record<(typeof RACES)[number], { code: string; display: string }> = {
  White: { code: '2106-3', display: 'White' },
  Asian: { code: '2028-9', display: 'Asian' },
  'Black or African American': { code: '2054-5', display: 'Black or African American' },
  Unknown: { code: 'UNK', display: 'Unknown' },
};

const INDICATIONS: Record<number, ConceptName> = {
  1: 'indication_dvt',
  2: 'indication_pe',
  3: 'indication_af',
  4: 'indication_valve',
  5: 'indication_cardiomyopathy',
  6: 'indication_stroke',
  7: 'indication_orthopedic',
  8: 'indication_other',
};

const birthYear = ({ ageDecade }: Patient, day: string): number => Number(day.slice(0, 4)) - (ageDecade * 10 + 5);

/** What the hospital knows of one patient, with the name, telephone and free text that no lake may hold. */
export const patientResources = (random: Random, { subject, patient, day }: Admission): Resource[] => {
  const reference = { reference: `Patient/${subject}` };
  const name = random.pick(NAMES);
  let observations = 0;
  const observed = (concept: ConceptName, value: Record<string, unknown>): Resource => ({
    resourceType: 'Observation',
    id: `${subject}-o${++observations}`,
    status: 'final',
    code: coding(concept),
    subject: reference,
    encounter: { reference: `Encounter/${subject}-e` },
    effectiveDateTime: `${day}T09:30:00+01:00`,
    ...value,
  });
  const quantity = (value: number, unit: string, code: string) => ({ valueQuantity: { value, unit, system: 'http://unitsofmeasure.org', code } });
  const flagged = (concept: ConceptName, value: boolean) => observed(concept, { valueInteger: value ? 1 : 0 });
  const taken = FLAGS.filter((flag) => patient.drugs[flag]).map((flag) => (flag === 'herbal' ? 'herbal_supplement' : flag) as ConceptName);
  const has: ConceptName[] = [...patient.indications.flatMap((code) => INDICATIONS[code] ?? []), ...(patient.diabetes ? (['diabetes'] as const) : [])];
  return [
    {
      resourceType: 'Patient',
      id: subject,
      text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${name}</div>` },
      identifier: [{ system: PATIENTS, value: subject }],
      name: [{ text: name }],
      telecom: [{ system: 'phone', value: `555-01${random.integer(10, 99)}` }],
      gender: patient.sex,
      birthDate: `${birthYear(patient, day)}-${String(random.integer(1, 12)).padStart(2, '0')}-${String(random.integer(1, 28)).padStart(2, '0')}`,
      managingOrganization: { reference: `Organization/${FHIR_HOSPITAL}` },
      extension: [
        {
          url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race',
          extension: [
            {
              url: 'ombCategory',
              valueCoding: { system: patient.race === 'Unknown' ? 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor' : 'urn:oid:2.16.840.1.113883.6.238', ...OMB[patient.race] },
            },
            { url: 'text', valueString: OMB[patient.race].display },
          ],
        },
      ],
    },
    {
      resourceType: 'Encounter',
      id: `${subject}-e`,
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      subject: reference,
      serviceProvider: { reference: `Organization/${FHIR_HOSPITAL}` },
      period: { start: `${day}T09:00:00+01:00`, end: `${day}T10:00:00+01:00` },
    },
    observed('body_height', quantity(patient.heightCm, 'cm', 'cm')),
    observed('body_weight', quantity(patient.weightKg, 'kg', 'kg')),
    observed('inr_on_dose', quantity(patient.inrOnDose, 'INR', '{INR}')),
    observed('warfarin_weekly_dose', quantity(patient.weeklyDoseMg, 'mg/week', 'mg/wk')),
    observed('target_inr', quantity(patient.target === 'high' ? 3 : 2.5, 'INR', '{INR}')),
    flagged('stable_dose_reached', patient.stable),
    flagged('smoker', patient.smoker),
    flagged('heart_failure', patient.heartFailure),
    flagged('valve_replacement', patient.valveReplacement),
    { ...flagged('aspirin', patient.drugs.aspirin), note: [{ text: `spoke to ${name}` }] },
    flagged('amiodarone', patient.drugs.amiodarone),
    ...['warfarin' as const, ...taken].map(
      (concept, index): Resource => ({
        resourceType: 'MedicationStatement',
        id: `${subject}-m${index + 1}`,
        status: 'active',
        medicationCodeableConcept: coding(concept),
        subject: reference,
        effectiveDateTime: day,
      }),
    ),
    ...has.map(
      (concept, index): Resource => ({
        resourceType: 'Condition',
        id: `${subject}-c${index + 1}`,
        clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }] },
        code: coding(concept),
        subject: reference,
        encounter: { reference: `Encounter/${subject}-e` },
        onsetDateTime: day,
      }),
    ),
  ];
};

/** A transaction bundle of the hospital and its patients; resources refer to one another in any order. */
export const bundleOf = (random: Random, admissions: readonly Admission[]): string => {
  const hospital: Resource = {
    resourceType: 'Organization',
    id: FHIR_HOSPITAL,
    identifier: [{ system: 'https://registry.example.org/sites', value: FHIR_HOSPITAL }],
    name: `Hospital ${FHIR_HOSPITAL}`,
  };
  const resources = [...admissions.flatMap((admission) => patientResources(random, admission)), hospital];
  const entry = resources.map((resource) => ({ resource, request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` } }));
  return `${JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry })}\n`;
};
