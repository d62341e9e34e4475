import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Missing, type Readers, answerQuery } from '../../../lambdas/domain/mlflow/graphql.ts';

const RUN_ID = 'c838d50c4e5a4061b71891b1bcd38c67';
const EXPERIMENT = { experiment_id: '1', name: 'warfarin', artifact_location: 'mlflow-artifacts:/1', creation_time: 1795263801986, lifecycle_stage: 'active', tags: [] };
/** As MLflow's REST answers have them. */
const RUN = {
  info: { run_id: RUN_ID, run_uuid: RUN_ID, run_name: 'fold-0', status: 'FINISHED', start_time: 1795263802251, end_time: 1795263807849 },
  data: {
    metrics: [
      { key: 'loss', value: 0.25, timestamp: 1795263803038, step: 9007199254740991 },
      { key: 'broken', value: 'NaN', timestamp: 1795263803038, step: 0 },
    ],
    params: [{ key: 'lr', value: '0.1' }],
    tags: [],
  },
  inputs: { dataset_inputs: [{ dataset: { name: 'cohort', digest: '300830b9', source_type: 'code', source: '{}' }, tags: [{ key: 'mlflow.data.context', value: 'training' }] }] },
  outputs: { model_outputs: [{ model_id: 'm-1', step: 0 }] },
};

const asking = () => {
  const read: string[] = [];
  const readers: Readers = {
    experiment: async (id) => {
      read.push(`experiment ${id}`);
      if (id !== '1') throw new Missing(`No Experiment with id=${id} exists`);
      return EXPERIMENT;
    },
    run: async (id) => {
      read.push(`run ${id}`);
      if (id !== RUN_ID) throw new Missing(`Run with id=${id} not found`);
      const modelVersions = async () => {
        read.push('versions');
        return [{ name: 'warfarin', version: '1', status: 'READY', source: 'models:/m-1' }];
      };
      return { ...RUN, experiment: EXPERIMENT, modelVersions };
    },
  };
  return { read, ask: (query: string, variables: unknown = {}, operationName?: string) => answerQuery({ query, variables, operationName }, readers) };
};

/** The two documents that the interface sends, shortened to a field of each kind. */
const GET_EXPERIMENT =
  'query MlflowGetExperimentQuery($input: MlflowGetExperimentInput!) @component(name: "MLflow.ExperimentRunTracking") { mlflowGetExperiment(input: $input) { apiError { code message __typename } experiment { experimentId name creationTime lastUpdateTime tags { key value __typename } __typename } __typename } }';
const GET_RUN =
  'query GetRun($data: MlflowGetRunInput!) @component(name: "MLflow.ExperimentRunTracking") { mlflowGetRun(input: $data) { run { info { runUuid runName startTime __typename } experiment { name __typename } modelVersions { name version __typename } data { metrics { key value step timestamp __typename } __typename } inputs { datasetInputs { dataset { digest sourceType __typename } tags { key value __typename } __typename } modelInputs { modelId __typename } __typename } outputs { modelOutputs { modelId step __typename } __typename } __typename } __typename } }';

describe('MLflow’s GraphQL', () => {
  it('answers an experiment with its types; 64-bit integers are text', async () => {
    assert.deepEqual(JSON.parse(JSON.stringify(await asking().ask(GET_EXPERIMENT, { input: { experimentId: '1' } }, 'MlflowGetExperimentQuery'))), {
      data: {
        mlflowGetExperiment: {
          __typename: 'MlflowGetExperimentResponse',
          apiError: null,
          experiment: { __typename: 'MlflowExperiment', experimentId: '1', name: 'warfarin', creationTime: '1795263801986', lastUpdateTime: null, tags: [] },
        },
      },
      errors: null,
    });
  });

  it('answers a run with its experiment, versions, data, inputs and outputs; what is no number is null', async () => {
    const { ask } = asking();
    const { data, errors } = JSON.parse(JSON.stringify(await ask(GET_RUN, { data: { runId: RUN_ID } }, 'GetRun'))) as { data: { mlflowGetRun: { run: unknown } }; errors: unknown };
    assert.equal(errors, null);
    assert.deepEqual(data.mlflowGetRun.run, {
      __typename: 'MlflowRunExtension',
      info: { __typename: 'MlflowRunInfo', runUuid: RUN_ID, runName: 'fold-0', startTime: '1795263802251' },
      experiment: { __typename: 'MlflowExperiment', name: 'warfarin' },
      modelVersions: [{ __typename: 'MlflowModelVersion', name: 'warfarin', version: '1' }],
      data: {
        __typename: 'MlflowRunData',
        metrics: [
          { __typename: 'MlflowMetricExtension', key: 'loss', value: 0.25, step: '9007199254740991', timestamp: '1795263803038' },
          { __typename: 'MlflowMetricExtension', key: 'broken', value: null, step: '0', timestamp: '1795263803038' },
        ],
      },
      inputs: {
        __typename: 'MlflowRunInputs',
        datasetInputs: [
          {
            __typename: 'MlflowDatasetInput',
            dataset: { __typename: 'MlflowDataset', digest: '300830b9', sourceType: 'code' },
            tags: [{ __typename: 'MlflowInputTag', key: 'mlflow.data.context', value: 'training' }],
          },
        ],
        modelInputs: null,
      },
      outputs: { __typename: 'MlflowRunOutputs', modelOutputs: [{ __typename: 'MlflowModelOutput', modelId: 'm-1', step: '0' }] },
    });
  });

  it('reads only what is asked for', async () => {
    const { read, ask } = asking();
    await ask(`{ mlflowGetRun(input: {runUuid: "${RUN_ID}"}) { run { info { runId } } } }`);
    assert.deepEqual(read, [`run ${RUN_ID}`]);
  });

  it('says what is not there beside what is', async () => {
    const { data, errors } = await asking().ask(
      '{ mlflowGetRun(input: {runId: "0"}) { run { info { runId } } } mlflowGetExperiment(input: {experimentId: "1"}) { experiment { name } } }',
    );
    assert.deepEqual(errors, ['Run with id=0 not found']);
    assert.deepEqual(JSON.parse(JSON.stringify(data)), { mlflowGetRun: null, mlflowGetExperiment: { experiment: { name: 'warfarin' } } });
  });

  it('refuses what it has no field for, what is no query, and variables that do not fit, before anything is read', async () => {
    const { read, ask } = asking();
    const refusals: [string, unknown, RegExp][] = [
      ['{ mlflowSearchRuns { runs } }', {}, /Cannot query field "mlflowSearchRuns"/],
      ['mutation { deleteEverything }', {}, /not configured to execute mutation|Schema is not configured/i],
      ['{ mlflowGetRun(', {}, /Syntax Error/],
      ['', {}, /Syntax Error/],
      [GET_RUN, {}, /Variable "\$data"/],
      [GET_RUN, { data: { runId: { a: 1 } } }, /Variable "\$data"/],
      [GET_RUN, 'text', /Variable "\$data"/],
    ];
    for (const [query, variables, why] of refusals) {
      const { data, errors } = await ask(query, variables);
      assert.ok(data === null || data === undefined, query);
      assert.match(errors!.join(), why, query);
    }
    assert.deepEqual(read, []);
  });

  it('refuses a query that would read or answer without measure', async () => {
    const { read, ask } = asking();
    const roots = Array.from({ length: 6 }, (_, index) => `r${index}: mlflowGetRun(input: {runId: "${RUN_ID}"}) { run { info { runId } } }`).join(' ');
    const fields = `{ mlflowGetRun(input: {runId: "${RUN_ID}"}) { run { info { ${'runId '.repeat(1000)} } } } }`;
    const spread = `query { ...A } fragment A on Query { mlflowGetRun(input: {runId: "${RUN_ID}"}) { run { info { runId } } } }`;
    const deep = `{ ${'a { '.repeat(11)} b ${'} '.repeat(11)} }`;
    for (const [query, why] of [
      [`{ ${roots} }`, /6 roots, allowed: 5/],
      [fields, /fields, allowed: 1000/],
      [spread, /named fragments/],
      [deep, /depth, allowed: 10/],
      [`{ ${'a '.repeat(10_000)} }`, /tokens/],
    ] as const)
      assert.match((await ask(query)).errors!.join(), why);
    assert.deepEqual(read, []);
  });

  it('leaves a fault of ours a fault', async () => {
    const fault = new TypeError('the store is away');
    const failing: Readers = { experiment: () => Promise.reject(fault), run: () => Promise.reject(fault) };
    await assert.rejects(answerQuery({ query: '{ mlflowGetExperiment(input: {experimentId: "1"}) { experiment { name } } }' }, failing), fault);
  });
});
