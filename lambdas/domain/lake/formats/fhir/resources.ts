import { reference } from './about.ts';
import { allergy, condition } from './conditions.ts';
import { immunization, medicationAdministration, medicationDispense, medicationRequest, medicationStatement } from './drugs.ts';
import { Elements, type Json } from './elements.ts';
import type { Maker } from './maker.ts';
import { observation } from './observation.ts';
import { patient } from './patient.ts';
import { device, procedure } from './procedures.ts';
import { encounter, organization } from './visits.ts';

/** Read, checked for whom they are about, and kept out of the lake: they carry money, plans, or words. */
const aboutPatient =
  (field: string): Maker =>
  (elements, context) => {
    if (elements.resource[field] !== undefined) reference(elements, field, 'Patient', context);
    return [];
  };
const nothing: Maker = () => [];

/** Every resource type that has rows or a check; others are admitted without rows. */
export const MAKERS: Readonly<Record<string, Maker>> = {
  Patient: patient,
  Organization: organization,
  Encounter: encounter,
  Condition: condition,
  Observation: observation,
  MedicationRequest: medicationRequest,
  MedicationStatement: medicationStatement,
  MedicationAdministration: medicationAdministration,
  MedicationDispense: medicationDispense,
  Immunization: immunization,
  Procedure: procedure,
  Device: device,
  AllergyIntolerance: allergy,
  Medication: nothing,
  DiagnosticReport: aboutPatient('subject'),
  ImagingStudy: aboutPatient('subject'),
  CarePlan: aboutPatient('subject'),
  CareTeam: aboutPatient('subject'),
  Goal: aboutPatient('subject'),
  Claim: aboutPatient('patient'),
  ExplanationOfBenefit: aboutPatient('patient'),
};

/** Withdrawn by its source: the record counts as deleted. */
export const isEnteredInError = (resource: Json): boolean => {
  if (resource['status'] === 'entered-in-error') return true;
  const verification = resource['verificationStatus'];
  return (
    typeof verification === 'object' &&
    verification !== null &&
    new Elements({ verificationStatus: verification }).codings('verificationStatus').some(({ code }) => code === 'entered-in-error')
  );
};
