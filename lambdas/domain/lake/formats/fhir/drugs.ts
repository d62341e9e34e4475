import type { Draft } from '../../reading.ts';
import { reference, subjectOf, visitOf } from './about.ts';
import { sourceUnit } from '../table/source-unit.ts';
import { type Coded, codeOf, coded, worded } from './codes.ts';
import { Elements, type Json, type Moment } from './elements.ts';
import { type Context, EHR, EHR_PRESCRIPTION, type Maker } from './maker.ts';
import { NOT_DONE, STATUS } from './status.ts';
import { timing } from './timing.ts';
import { quantityOf } from './values.ts';

/** The drug of a medication[x]: its code, or that of the Medication that is referred to or contained; else the words of the reference. */
const drugOf = (elements: Elements, context: Context): Coded | null => {
  const name = elements.choice('medication', ['CodeableConcept', 'Reference']);
  if (name === null) return elements.wrong('medication[x]', 'missing-value');
  if (name === 'medicationCodeableConcept') return coded(elements, name);
  const held = elements.object(name);
  const medication = held && medicationOf(elements, held, name, context);
  const code = medication && (coded(medication, 'code') ?? onlyIngredient(medication));
  const display = held && elements.text('display', held, `${name}.display`);
  return code ?? (display === null ? null : worded(display));
};

const medicationOf = (elements: Elements, held: Json, name: string, context: Context): Elements | null => {
  const text = elements.text('reference', held, `${name}.reference`);
  if (text?.startsWith('#')) {
    const contained = elements.list('contained').find(({ id }) => id === text.slice(1));
    return contained ? new Elements(contained) : elements.wrong(`${name}.reference`, 'broken-reference');
  }
  const found = reference(elements, name, 'Medication', context);
  // nothing tells which drug it was
  if (found === 'elsewhere' && held['display'] === undefined) return elements.wrong(`${name}.reference`, 'broken-reference');
  const medication = found === null || found === 'elsewhere' ? null : context.index.medication(found.id);
  return medication && new Elements(medication);
};

const onlyIngredient = (medication: Elements): Coded | null => {
  const ingredients = medication.list('ingredient');
  return ingredients.length === 1 ? coded(medication, 'itemCodeableConcept', ingredients[0]) : null;
};

type DrugFacts = { status: string | null; start: Moment | null; end: Moment | null; type: number; subjectField?: string; visitField?: string };

const drugRow = (
  elements: Elements,
  context: Context,
  code: Coded | null,
  { status, start, end, type, subjectField = 'subject', visitField = 'encounter' }: DrugFacts,
  more: Json = {},
): Draft[] => {
  const subject = subjectOf(elements, subjectField, context);
  const visit = visitOf(elements, visitField, context);
  if (subject === null || !code || !start || NOT_DONE.includes(status)) return [];
  return [
    {
      table: 'drug_exposure',
      subject,
      record: context.record,
      visit,
      values: {
        drug_concept_id: code.conceptId,
        drug_exposure_start_date: start.day,
        drug_exposure_start_datetime: start.time,
        drug_exposure_end_date: (end ?? start).day,
        drug_exposure_end_datetime: (end ?? start).time,
        drug_type_concept_id: type,
        drug_source_value: code.text,
        drug_source_concept_id: code.sourceConceptId,
        ...more,
      },
    },
  ];
};

/** The largest number of an INTEGER column of the CDM. */
const LARGEST_INTEGER = 2 ** 31 - 1;

/** A count of whole things, as an INTEGER column has it. */
const whole = (elements: Elements, value: number | null, path: string): number | null =>
  value === null ? null : Math.abs(value) <= LARGEST_INTEGER ? Math.trunc(value) : elements.wrong(path, 'impossible-value');

/** A supply that is told in days. */
const daysOf = (elements: Elements, field: string, of: Json, path: string): number | null => {
  const supply = quantityOf(elements, field, of, path);
  return supply && ['d', 'day', 'days'].includes(String(supply.unit).toLowerCase()) ? whole(elements, supply.number, `${path}.value`) : null;
};

const INTENTS = ['proposal', 'plan', 'order', 'original-order', 'reflex-order', 'filler-order', 'instance-order', 'option'];
/** Suggestions: nobody has prescribed them. A plan may be what the patient is said to take (US Core). */
const NOT_PRESCRIBED: readonly (string | null)[] = ['proposal', 'option'];

export const medicationRequest: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.request));
  const intent = elements.required('intent', elements.code('intent', INTENTS));
  const isForbidden = elements.boolean('doNotPerform') === true;
  const code = drugOf(elements, context);
  const start = elements.moment('authoredOn');
  const dispense = elements.object('dispenseRequest') ?? {};
  const repeats = 'dispenseRequest.numberOfRepeatsAllowed';
  const refills = whole(elements, elements.number('numberOfRepeatsAllowed', dispense, repeats), repeats);
  const quantity = quantityOf(elements, 'quantity', dispense, 'dispenseRequest.quantity');
  const days = daysOf(elements, 'expectedSupplyDuration', dispense, 'dispenseRequest.expectedSupplyDuration');
  return drugRow(
    elements,
    context,
    code,
    { status: isForbidden || NOT_PRESCRIBED.includes(intent) ? 'cancelled' : status, start, end: start, type: EHR_PRESCRIPTION },
    {
      refills,
      quantity: quantity?.number ?? null,
      days_supply: days,
    },
  );
};

export const medicationStatement: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.statement));
  const { start, end } = timing(elements, 'effective');
  const asserted = elements.moment('dateAsserted');
  return drugRow(elements, context, drugOf(elements, context), { status, start: start ?? asserted, end, type: EHR, visitField: 'context' });
};

export const medicationAdministration: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.administration));
  const { start, end } = timing(elements, 'effective');
  elements.required('effective[x]', start);
  const dosage = elements.object('dosage');
  const dose = dosage && quantityOf(elements, 'dose', dosage, 'dosage.dose');
  return drugRow(elements, context, drugOf(elements, context), { status, start, end, type: EHR, visitField: 'context' }, givenOf(dose));
};

/** What was given. */
const givenOf = (dose: ReturnType<typeof quantityOf>): Json => ({ quantity: dose?.number ?? null, dose_unit_source_value: dose?.number == null ? null : sourceUnit(dose.unit) });

export const medicationDispense: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.dispense));
  const [handedOver, prepared] = [elements.moment('whenHandedOver'), elements.moment('whenPrepared')];
  const start = handedOver ?? prepared;
  return drugRow(
    elements,
    context,
    drugOf(elements, context),
    { status, start, end: start, type: EHR, visitField: 'context' },
    { quantity: quantityOf(elements, 'quantity', elements.resource, 'quantity')?.number ?? null, days_supply: daysOf(elements, 'daysSupply', elements.resource, 'daysSupply') },
  );
};

export const immunization: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.immunization));
  const code = codeOf(elements, 'vaccineCode');
  const name = elements.choice('occurrence', ['DateTime', 'String']);
  const start = name === 'occurrenceDateTime' ? elements.moment(name) : null;
  if (name === 'occurrenceString') elements.text(name);
  if (name === null) elements.wrong('occurrence[x]', 'missing-value');
  const dose = quantityOf(elements, 'doseQuantity', elements.resource, 'doseQuantity');
  return drugRow(elements, context, code, { status, start, end: start, type: EHR, subjectField: 'patient' }, givenOf(dose));
};
