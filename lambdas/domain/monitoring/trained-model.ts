import * as z from 'zod';
import type { FeatureView } from '../features/feature-view.ts';

/** What monitoring needs of the container's model.json (containers/README.md). */
export const TrainedModel = z.object({
  featuresUsed: z.array(z.string()),
  inputs: z.record(z.string(), z.array(z.string())),
  interval: z.object({ level: z.number().gt(0).lt(1) }),
  hyperparameters: z.record(z.string(), z.unknown()),
});
export type TrainedModel = z.infer<typeof TrainedModel>;

/** Features of the view that the version reads: encoded ones, and those that a graph takes by name. */
export const featuresRead = ({ featuresUsed, inputs }: TrainedModel, view: FeatureView): Set<string> => {
  const taken = new Set([...featuresUsed, ...Object.values(inputs).flat()]);
  return new Set(view.features.map(({ name }) => name).filter((name) => taken.has(name)));
};
