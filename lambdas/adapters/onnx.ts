import { InferenceSession, Tensor } from 'onnxruntime-node';

export type OnnxModel = InferenceSession;
export type FloatTensor = { data: Float32Array; dims: readonly number[] };

/** One thread: a Lambda of this size has less than one core, and a row takes well under a millisecond. */
export const loadOnnx = (model: Uint8Array): Promise<OnnxModel> =>
  InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });

/** Named float32 tensors in, named float32 tensors out. Throws where the graph lacks an input or an output is not float32. */
export const runOnnx = async (model: OnnxModel, inputs: Record<string, FloatTensor>): Promise<Record<string, FloatTensor>> => {
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, { data, dims }]) => [name, new Tensor('float32', data, [...dims])]));
  const found = await model.run(feeds);
  return Object.fromEntries(
    Object.entries(found).map(([name, tensor]) => {
      if (!(tensor.data instanceof Float32Array)) throw new TypeError(`ONNX output ${name} is ${tensor.type}, expected float32`);
      return [name, { data: tensor.data, dims: tensor.dims }];
    }),
  );
};
