import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CHECKS } from '../../../lambdas/domain/lake/quality/checks.ts';
import { breachesOf, check } from './quality-tables.ts';

/** One violation of each check: what is planted, and the breaches that it makes. */
const PLANTED: Readonly<Record<string, { plant: string[]; breaches: string[] }>> = {
  isRequired: { plant: ['UPDATE measurement SET measurement_date = NULL'], breaches: ['isRequired measurement.measurement_date 1/1'] },
  isPrimaryKey: { plant: ['INSERT INTO measurement FROM measurement'], breaches: ['isPrimaryKey measurement.measurement_id 1/2'] },
  isForeignKey: {
    plant: ['UPDATE drug_exposure SET visit_occurrence_id = 99', 'UPDATE condition_occurrence SET person_id = 9'],
    breaches: ['isForeignKey condition_occurrence.person_id 1/1', 'isForeignKey drug_exposure.visit_occurrence_id 1/1', 'measurePersonCompleteness observation_period 1/3'],
  },
  isFactOfPatient: {
    plant: [
      'INSERT INTO fact_relationship BY NAME SELECT * REPLACE (72 AS fact_relationship_id, 99 AS fact_id_2) FROM fact_relationship WHERE fact_relationship_id = 70',
      'INSERT INTO fact_relationship BY NAME SELECT * REPLACE (73 AS fact_relationship_id, 13 AS domain_concept_id_1, 40 AS fact_id_1) FROM fact_relationship WHERE fact_relationship_id = 70',
      'INSERT INTO fact_relationship BY NAME SELECT * REPLACE (74 AS fact_relationship_id, 6 AS fact_id_1) FROM fact_relationship WHERE fact_relationship_id = 71',
    ],
    breaches: ['isFactOfPatient fact_relationship.fact_id_1 1/1', 'isFactOfPatient fact_relationship.fact_id_1 1/2', 'isFactOfPatient fact_relationship.fact_id_2 1/3'],
  },
  fkDomain: {
    plant: ["UPDATE condition_occurrence SET condition_concept_id = 3036277, condition_source_value = '8302-2'"],
    breaches: ['fkDomain condition_occurrence.condition_concept_id 1/1'],
  },
  standardConceptRecordCompleteness: {
    plant: ['UPDATE measurement SET measurement_concept_id = 0, measurement_source_value = NULL'],
    breaches: ['standardConceptRecordCompleteness measurement.measurement_concept_id 1/1'],
  },
  sourceValueCompleteness: {
    plant: ["INSERT INTO drug_exposure BY NAME SELECT * REPLACE (41 AS drug_exposure_id, 0 AS drug_concept_id, 'X' AS drug_source_value) FROM drug_exposure"],
    breaches: ['sourceValueCompleteness drug_exposure.drug_source_value 1/2', 'standardConceptRecordCompleteness drug_exposure.drug_concept_id 1/2'],
  },
  measurePersonCompleteness: { plant: ['DELETE FROM observation_period WHERE person_id = 2'], breaches: ['measurePersonCompleteness observation_period 1/2'] },
  plausibleValueLow: { plant: ['UPDATE drug_exposure SET days_supply = 0'], breaches: ['plausibleValueLow drug_exposure.days_supply 1/1'] },
  plausibleValueHigh: { plant: ['UPDATE drug_exposure SET days_supply = 900'], breaches: ['plausibleValueHigh drug_exposure.days_supply 1/1'] },
  plausibleConceptValue: { plant: ['UPDATE measurement SET value_as_number = 67.5'], breaches: ['plausibleConceptValue measurement.value_as_number 3036277 1/1'] },
  plausibleUnitConceptIds: { plant: ['UPDATE measurement SET unit_concept_id = 9529'], breaches: ['plausibleUnitConceptIds measurement.unit_concept_id 3036277 1/1'] },
  plausibleGender: {
    plant: ['UPDATE condition_occurrence SET condition_concept_id = 4163261, person_id = 2'],
    breaches: ['plausibleGender condition_occurrence.person_id 4163261 1/1'],
  },
  plausibleTemporalAfter: {
    plant: ["UPDATE condition_occurrence SET condition_end_date = DATE '2014-02-03'"],
    breaches: ['plausibleTemporalAfter condition_occurrence.condition_end_date 1/1'],
  },
  plausibleAfterBirth: {
    plant: ["UPDATE drug_exposure SET drug_exposure_start_date = DATE '1955-01-01'"],
    breaches: ['plausibleAfterBirth drug_exposure.drug_exposure_start_date 1/1'],
  },
  plausibleDuringLife: {
    plant: [`INSERT INTO death BY NAME SELECT 2 AS person_id, DATE '2014-11-01' AS death_date`],
    breaches: [
      'plausibleDuringLife drug_exposure.drug_exposure_end_date 1/1',
      'plausibleDuringLife drug_exposure.drug_exposure_start_date 1/1',
      'plausibleDuringLife observation_period.observation_period_end_date 1/1',
      'plausibleDuringLife observation_period.observation_period_start_date 1/1',
      'plausibleDuringLife procedure_occurrence.procedure_date 1/1',
    ],
  },
  withinVisitDates: { plant: ["UPDATE measurement SET measurement_date = DATE '2015-02-12'"], breaches: ['withinVisitDates measurement.measurement_date 1/1'] },
  measureObservationPeriodOverlap: {
    plant: ['INSERT INTO observation_period BY NAME SELECT * REPLACE (9 AS observation_period_id) FROM observation_period WHERE person_id = 1'],
    breaches: ['measureObservationPeriodOverlap observation_period 1/3'],
  },
};

/** These speak of the tables' columns, or of a share that 100 % never exceeds. */
const OTHERWISE = ['cdmTable', 'cdmField', 'cdmDatatype', 'measureValueCompleteness'];

/** Checks of many instances, planned anew each time: they run where they are planted, and on the good rows. */
const SLOW = ['plausibleGender', 'isForeignKey', 'isFactOfPatient', 'fkDomain', 'cdmTable', 'cdmField', 'cdmDatatype'];

describe('each check finds what it is for, and nothing else does', () => {
  test('every check is planted', () => {
    assert.deepEqual([...Object.keys(PLANTED), ...OTHERWISE].sort(), CHECKS.map(({ name }) => name).sort());
  });
  for (const [name, { plant, breaches }] of Object.entries(PLANTED)) {
    test(name, async () => {
      const checks = CHECKS.filter((one) => one.name === name || !SLOW.includes(one.name));
      assert.deepEqual(breachesOf(await check(plant, checks)).sort(), breaches);
    });
  }
});
