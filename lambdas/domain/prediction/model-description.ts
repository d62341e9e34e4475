import * as z from 'zod';

/** What serving reads of a version's model.json. */
export const ModelDescription = z.object({
  interval: z.object({ level: z.number().gt(0).lt(1) }),
  parameters: z.array(z.object({ name: z.string(), unit: z.string() })).min(1),
  /** features that the graph reads; the others change nothing */
  featuresUsed: z.array(z.string()).min(1),
  /** the encoded columns in the graph's order; signed with the version, as the run's view.json is not */
  view: z.object({ columns: z.array(z.string()) }),
  inputs: z.object({ 'dose.onnx': z.array(z.string()).refine(([first]) => first === 'features', 'the first input must be features') }),
});
export type ModelDescription = z.infer<typeof ModelDescription>;

/** Inputs of dose.onnx beside the encoded features, each one number per patient. */
export const scalarInputs = (description: ModelDescription): string[] => description.inputs['dose.onnx'].slice(1);

/** Features whose value can change the answer. */
export const effectiveFeatures = (description: ModelDescription): string[] => [...new Set([...description.featuresUsed, ...scalarInputs(description)])];
