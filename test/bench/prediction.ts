import { join } from 'node:path';
import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { ROOT } from '../../local/cloud/processes.ts';
import { ROUTES } from '../../config/catalog/routes.ts';
import { serve } from '../../lambdas/adapters/api.ts';
import { predict, type Predictor } from '../../lambdas/adapters/predictor.ts';
import { done } from '../../lambdas/contracts/outcome.ts';
import { type RawFeatures, servingSchema } from '../../lambdas/domain/features/feature-view.ts';
import { coalitionRows, playersOf } from '../../lambdas/domain/prediction/explanation.ts';
import { effectiveFeatures, scalarInputs } from '../../lambdas/domain/prediction/model-description.ts';
import { encodePatient, referencePatient } from '../../lambdas/domain/prediction/patient.ts';
import { featuresRefused } from '../../lambdas/domain/prediction/request-errors.ts';
import { cohortOf } from '../unit/monitoring/cohort.ts';
import { alternate, report } from './measure.ts';
import { syntheticModel } from './synthetic-model.ts';

/** How the handler answers when it has its predictor: everything in it but the calls of DynamoDB, KMS, S3 and SQS. */
const answerer = (predictor: Predictor) =>
  serve(
    {
      createPrediction: async ({ body }) => {
        const features = servingSchema(predictor.view).safeParse(body.features);
        if (!features.success) return featuresRefused(features.error, body.features);
        return done({
          predictionId: 'prd_01JD0000000000000000000000',
          model: 'warfarin',
          modelVersion: 'warfarin@1',
          modelDigest: '0'.repeat(64),
          datasetId: 'ds_0',
          ...(await predict(predictor, features.data)),
        });
      },
    },
    async (entry) => void JSON.stringify(entry),
  );

const eventOf = (features: RawFeatures, index: number) =>
  ({
    routeKey: ROUTES.createPrediction.route,
    pathParameters: { model: 'warfarin' },
    body: JSON.stringify({ subjectKey: `subject-${index}`, features }),
    isBase64Encoded: false,
    requestContext: {
      requestId: `request-${index}`,
      http: { sourceIp: '127.0.0.1', userAgent: 'bench' },
      authorizer: { jwt: { claims: { sub: 'bench', username: 'bench', 'cognito:groups': '[clinician]' }, scopes: [] } },
    },
  }) as unknown as APIGatewayProxyEventV2WithJWTAuthorizer;

type Feeds = Record<string, Tensor>;

const tensors = (scalars: readonly string[], patients: readonly number[], rows: number): Feeds => {
  const width = patients.length / rows;
  const columns = width - scalars.length;
  const take = (from: number, to: number) =>
    Float32Array.from({ length: rows * (to - from) }, (_, at) => patients[Math.floor(at / (to - from)) * width + from + (at % (to - from))]!);
  return {
    features: new Tensor('float32', take(0, columns), [rows, columns]),
    ...Object.fromEntries(scalars.map((name, at) => [name, new Tensor('float32', take(columns + at, columns + at + 1), [rows])])),
  };
};

/** The patient alone, and the batch of coalitions that the answer's explanation needs (the patient last). */
const feedsOf = ({ view, description }: Predictor, raw: RawFeatures): { one: Feeds; batch: Feeds } => {
  const scalars = scalarInputs(description);
  const patient = encodePatient(view, scalars, raw);
  const reference = encodePatient(view, scalars, referencePatient(view)).values;
  const effective = effectiveFeatures(description);
  const players = playersOf(
    patient.features,
    patient.values.map((value, at) => (effective.includes(patient.features[at]!) ? value : reference[at]!)),
    reference,
  );
  return { one: tensors(scalars, patient.values, 1), batch: tensors(scalars, [...coalitionRows(players, patient.values, reference), ...patient.values], 2 ** players.length + 1) };
};

const DAYS = 28;
/** Dose, then the INR course of its individual parameters. */
const bare = async (dose: InferenceSession, course: InferenceSession, feeds: Feeds): Promise<void> => {
  const found = await dose.run(feeds);
  const [rows, width] = found['parameters']!.dims as [number, number];
  const parameters = (found['parameters']!.data as Float32Array).slice((rows - 1) * width);
  const weekly = Number(found['dose_mg_week']!.data.at(-1));
  await course.run({ parameters: new Tensor('float32', parameters, [1, width]), daily_dose_mg: new Tensor('float32', new Float32Array(DAYS).fill(weekly / 7), [1, DAYS]) });
};

const ROUNDS = 7;
const PATIENTS = 100;

const predictor: Predictor = { version: undefined as never, ...(await syntheticModel()) };
const patients = (await cohortOf(join(ROOT, 'local', 'cohort', 'external.csv'))).slice(0, PATIENTS).map(({ features }) => features);
const respond = answerer(predictor);
const requests = patients.map(eventOf);
const feeds = patients.map((features) => feedsOf(predictor, features));
const { statusCode, body } = await respond(requests[0]!);
if (Math.floor(Number(statusCode) / 100) !== 2) throw new Error(`the request was answered ${statusCode}: ${body}`);

const handler = async () => {
  for (const request of requests) await respond(request);
};
const runs = (kind: 'one' | 'batch') => async () => {
  for (const patient of feeds) await bare(predictor.dose, predictor.course, patient[kind]);
};
for (const [kind, peer] of [
  ['one', 'dose of one row + 28 days, no explanation'],
  ['batch', 'the same tensors, coalitions included'],
] as const) {
  const { ours, peers } = await alternate(ROUNDS, handler, runs(kind));
  report({ what: 'prediction', peer: `bare ONNX Runtime, ${peer}`, ours: ours / patients.length, peers: peers / patients.length, unit: 'ms', speed: peers / ours });
}
