import { ulid } from 'ulid';
import { type ApiRequest, serve } from '../../adapters/api.ts';
import { log } from '../../adapters/log.ts';
import { listVersions } from '../../adapters/model-version-store.ts';
import { noteFault, noteRecord, predictionQueue } from '../../adapters/prediction-queue.ts';
import { type Dose, predict, predictDose, type Predictor } from '../../adapters/predictor.ts';
import { type Served, servedVersions } from '../../adapters/served-versions.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import type { Deprecation } from '../../contracts/model-version.ts';
import { done, notFound, type Outcome, refused } from '../../contracts/outcome.ts';
import type { Prediction, PredictionFault, PredictionRecord } from '../../contracts/prediction.ts';
import { type RawFeatures, servingSchema } from '../../domain/features/feature-view.ts';
import { featuresRefused } from '../../domain/prediction/request-errors.ts';
import { routesOf, subjectHash, type Route } from '../../domain/serving/routing.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);
const versions = servedVersions(env);

/** A shadow version that takes longer, e.g. to be loaded, is left out of this call. */
const SHADOW_DEADLINE_MS = 1_000;

type Request = ApiRequest<'createPrediction'>;
/** What every record of this call shares. */
type Call = Pick<PredictionRecord, 'predictionId' | 'at' | 'model' | 'subjectHash'>;

export const handler = serve(
  {
    createPrediction: async (request) => {
      const { model } = request.params;
      const served = await versions.deploymentOf(model);
      if (!served) return (await listVersions(env.REGISTRY_TABLE, model, 1)).length === 0 ? notFound('model', model) : nothingAnswers(model);
      const now = new Date();
      const call: Call = { predictionId: `prd_${ulid(now.getTime())}`, at: now.toISOString(), model, subjectHash: subjectHash(served.routingKey, request.body.subjectKey) };
      const answer = await answerWith(request, served, call);
      if (!answer || answer.ok) await evaluateShadow(request, served, call, answer?.value);
      return answer ?? nothingAnswers(model, served.deployment.shadow);
    },
  },
  predictionQueue(env.PREDICTIONS_QUEUE_URL),
);

/** The answer of the subject's version; a canary that fails is noted and production answers. Null: no version answers this subject. */
const answerWith = async (request: Request, { deployment, routingKey, deprecations }: Served, call: Call): Promise<Outcome<Prediction> | null> => {
  const routes = routesOf(deployment, routingKey, request.body.subjectKey);
  for (const route of routes) {
    const answer = await noted(request, call, route, (predictor) => answerOf(request, predictor, route, call));
    const deprecation = deprecations.get(route.version);
    if (answer) return answer.ok && deprecation ? done({ ...answer.value, deprecation: toldOf(deprecation) }) : answer;
  }
  if (routes.length > 0) throw new Error(`no version of ${call.model} could answer`);
  return null;
};

const toldOf = ({ reason, replacedBy, endOfUse }: Deprecation): Prediction['deprecation'] => ({ reason, ...(replacedBy ? { replacedBy } : {}), ...(endOfUse ? { endOfUse } : {}) });

const answerOf = async ({ body, caller, requestId, audit }: Request, predictor: Predictor, { version, role }: Route, call: Call): Promise<Outcome<Prediction>> => {
  const features = validated(predictor, body.features);
  if (!features.ok) return features;
  const started = performance.now();
  const predicted = await predict(predictor, features.value, body.dailyDoseMg);
  noteRecord(requestId, recordOf(call, { version, role }, features.value, predicted, performance.now() - started, caller.username));
  const modelVersion = modelVersionId(call.model, version);
  Object.assign(audit, { predictionId: call.predictionId, modelVersion, role });
  return done({
    predictionId: call.predictionId,
    model: call.model,
    modelVersion,
    modelDigest: predictor.version.digests.model,
    datasetId: predictor.version.datasetId,
    ...predicted,
  });
};

/** Evaluates the shadow version where it did not answer itself; recorded, never answered, and no failure or delay of it reaches the caller. */
const evaluateShadow = async (request: Request, { deployment }: Served, call: Call, answered: Prediction | undefined): Promise<void> => {
  const version = deployment.shadow;
  if (version === null || answered?.modelVersion === modelVersionId(call.model, version)) return;
  const route = { version, role: 'shadow' } as const;
  const record = await within(
    SHADOW_DEADLINE_MS,
    noted(request, call, route, async (predictor) => {
      const features = validated(predictor, request.body.features);
      if (!features.ok) return null;
      const started = performance.now();
      const predicted = await predictDose(predictor, features.value);
      return recordOf(call, route, features.value, predicted, performance.now() - started, request.caller.username);
    }),
  );
  if (record) noteRecord(request.requestId, record);
};

type AnyRoute = Pick<PredictionRecord, 'version' | 'role'>;

/** Loads the version and evaluates it; a failure of either is logged and noted against the version, and answers null. */
const noted = async <T>({ requestId }: Request, call: Call, route: AnyRoute, evaluate: (predictor: Predictor) => Promise<T>): Promise<T | null> => {
  let kind: PredictionFault['kind'] = 'load';
  try {
    const predictor = await versions.predictorOf(call.model, route.version);
    kind = 'evaluate';
    return await evaluate(predictor);
  } catch (error) {
    log.error('version failed', { ...route, model: call.model, requestId, kind, reason: (error as Error).message });
    noteFault(requestId, { ...call, ...route, kind });
    return null;
  }
};

const validated = ({ view }: Predictor, features: RawFeatures): Outcome<RawFeatures> => {
  const parsed = servingSchema(view).safeParse(features);
  return parsed.success ? done(parsed.data) : featuresRefused(parsed.error, features);
};

const recordOf = (call: Call, route: AnyRoute, features: RawFeatures, { weeklyDoseMg, interval }: Dose, latencyMs: number, username: string): PredictionRecord => ({
  ...call,
  ...route,
  features,
  weeklyDoseMg,
  lowerMgPerWeek: interval.lowerMgPerWeek,
  upperMgPerWeek: interval.upperMgPerWeek,
  latencyMs,
  username,
});

const within = <T>(milliseconds: number, work: Promise<T>): Promise<T | null> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, milliseconds, null);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** `shadow`: the version that is being rolled out, where one is. */
const nothingAnswers = (model: string, shadow: number | null = null): Outcome<never> =>
  refused(
    409,
    'Nothing deployed',
    `${model}: ${shadow === null ? 'no version is deployed; POST /v1/models/{model}/rollouts rolls a signed one out' : `version ${shadow} is being rolled out and does not answer this subject yet`}`,
  );
