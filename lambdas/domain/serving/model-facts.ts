import warfarin from '../../../config/models/warfarin/serving.json' with { type: 'json' };

export type ServingFacts = { plausibleDoseMgPerWeek: { lower: number; upper: number; source: string } };

/** What a rollout must know of each model that can be served: one line each. */
const SERVED: Readonly<Record<string, ServingFacts>> = { warfarin };

export const servingFacts = (model: string): ServingFacts => {
  if (Object.hasOwn(SERVED, model)) return SERVED[model]!;
  throw new RangeError(`config/models/${model}/serving.json is not served: ${Object.keys(SERVED).join(', ')} are`);
};
