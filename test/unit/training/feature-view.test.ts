import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type RawFeatures, encodeRow, encodedColumns, excludedBy, rawFeatures, servingSchema } from '../../../lambdas/domain/features/feature-view.ts';
import { requireModel } from '../../../lambdas/domain/training/models.ts';

const { featureView: view } = requireModel('warfarin');
const empty = { stable_dose_reached: 1, weekly_dose_mg: 35, age_decade: 6, sex: 'male' };

describe('the warfarin feature view', () => {
  it('encodes numbers by centre and scale, levels one by one, and says what is missing', () => {
    const raw = rawFeatures(view, { ...empty, weight_kg: 98, cyp2c9: '*1/*3' });
    const encoded = Object.fromEntries(encodedColumns(view).map(({ column }, index) => [column, encodeRow(view, raw)[index]]));
    assert.equal(encoded['x_weight_kg'], 1);
    assert.equal(encoded['x_weight_kg_missing'], 0);
    assert.equal(encoded['x_height_cm'], 0);
    assert.equal(encoded['x_height_cm_missing'], 1);
    assert.equal(encoded['x_cyp2c9_1_3'], 1);
    assert.equal(encoded['x_cyp2c9_1_1'], 0);
    assert.equal(encoded['x_vkorc1_missing'], 1);
    assert.equal(encoded['x_target_inr'], 0);
    assert.equal(encoded['x_target_inr_missing'], 0);
  });

  it('takes VKORC1 from other SNPs as the published rule does, and not where it forbids it', () => {
    const white = { ...empty, race: 'White' };
    const black = { ...empty, race: 'Black or African American' };
    assert.equal(rawFeatures(view, { ...white, vkorc1_2255: 'C/C' })['vkorc1'], 'G/G');
    assert.equal(rawFeatures(view, { ...black, vkorc1_2255: 'C/C' })['vkorc1'], null);
    assert.equal(rawFeatures(view, { ...black, vkorc1_1173: 'T/T' })['vkorc1'], 'A/A');
    assert.equal(rawFeatures(view, { ...white, vkorc1_1542: 'C/G' })['vkorc1'], 'A/G');
    assert.equal(rawFeatures(view, { ...white, vkorc1_1639: 'A/A', vkorc1_2255: 'C/C' })['vkorc1'], 'A/A');
  });

  it('tells no from unknown in a flag of several drugs', () => {
    assert.equal(rawFeatures(view, { ...empty, carbamazepine: 0, phenytoin: 1 })['enzyme_inducer'], 1);
    assert.equal(rawFeatures(view, { ...empty, carbamazepine: 0 })['enzyme_inducer'], 0);
    assert.equal(rawFeatures(view, empty)['enzyme_inducer'], null);
  });

  it('selects the published cohort', () => {
    assert.equal(excludedBy(view, empty), null);
    assert.equal(excludedBy(view, { ...empty, target_inr: 2.5 }), null);
    assert.equal(excludedBy(view, { ...empty, target_inr: 3 }), 'target INR outside 2 to 3');
    assert.equal(excludedBy(view, { ...empty, target_inr_range_middle: 3 }), 'target INR outside 2 to 3');
    assert.equal(excludedBy(view, { ...empty, target_inr: 2.2, target_inr_range_middle: 3 }), null);
    assert.equal(excludedBy(view, { ...empty, stable_dose_reached: 0 }), 'no stable dose reached');
    assert.equal(excludedBy(view, { ...empty, sex: null }), 'sex unknown');
  });

  it('refuses a request with the field, and what is allowed', () => {
    const schema = servingSchema(view);
    const allowed = (features: RawFeatures) => schema.safeParse(features).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    assert.equal(allowed({ age_decade: 7, weight_kg: 70 }), undefined);
    assert.deepEqual(allowed({ age_decade: 7, weight_kg: 7000 }), ['weight_kg: must be a number of 15 to 350 kg, or null']);
    assert.deepEqual(allowed({ weight_kg: 70 }), ['age_decade: must be a number of 1 to 9 decade']);
    assert.match(allowed({ age_decade: 7, cyp2c9: '*1/*99' })![0]!, /^cyp2c9: must be one of \*1\/\*1/);
    assert.match(allowed({ age_decade: 7, wieght: 70 })![0]!, /unknown feature wieght/);
  });

  it('has as many inputs as columns, all finite, whatever is missing', () => {
    const columns = encodedColumns(view).length;
    const numeric = view.features.filter(({ kind }) => kind === 'numeric').map(({ name }) => name);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...numeric), fc.option(fc.double({ noNaN: true, min: -1e6, max: 1e6 }))), (raw) => {
        const encoded = encodeRow(view, raw);
        return encoded.length === columns && encoded.every(Number.isFinite);
      }),
    );
  });
});
