import type { Deprecation } from '../contracts/model-version.ts';
import type { Deployment } from '../contracts/rollout.ts';
import { deploymentProblem, type Keyring } from './deployment-key.ts';
import { getDeployment, getRoutingKey } from './deployment-store.ts';
import { getVersion, requireVersion } from './model-version-store.ts';
import { loadPredictor, type Predictor } from './predictor.ts';
import { requireRun } from './run-store.ts';

/** How long a process goes by the deployment that it has read, and waits before it tries a version again that it could not load. */
const DEPLOYMENT_TTL_MS = 2_000;
const RETRY_LOAD_MS = 30_000;

/** `deprecations`: of the versions that may answer, by number. */
export type Served = { deployment: Deployment; routingKey: string; deprecations: ReadonlyMap<number, Deprecation> };

/** What this process has read of deployments and versions. Both live as long as the process. */
export const servedVersions = (keyring: Keyring) => {
  const registryTable = keyring.REGISTRY_TABLE;
  const deployments = new Map<string, { readAt: number; served: Served | null }>();
  const predictors = new Map<string, Promise<Predictor>>();

  const read = async (model: string): Promise<Served | null> => {
    const [deployment, routingKey] = await Promise.all([getDeployment(registryTable, model), getRoutingKey(registryTable, model)]);
    if (!deployment || !routingKey) return null;
    const answering = [deployment.production, deployment.canary?.version ?? null].filter((version) => version !== null);
    const found = await Promise.all(answering.map(async (version) => [version, (await getVersion(registryTable, model, version))?.deprecation] as const));
    return { deployment, routingKey, deprecations: new Map(found.flatMap(([version, deprecation]) => (deprecation ? [[version, deprecation]] : []))) };
  };

  /** A version whose signature does not verify over its bytes is never loaded. */
  const load = async (model: string, version: number): Promise<Predictor> => {
    const found = await requireVersion(registryTable, model, version);
    const problem = await deploymentProblem(keyring, found);
    if (problem) throw new Error(problem);
    const { features } = await requireRun(registryTable, found.runId);
    if (!features) throw new Error(`${found.runId} has no features`);
    return loadPredictor(found, features.view);
  };

  return {
    /** The deployment now, as old as DEPLOYMENT_TTL_MS at most; null where there is none. */
    deploymentOf: async (model: string): Promise<Served | null> => {
      const known = deployments.get(model);
      if (known && performance.now() - known.readAt < DEPLOYMENT_TTL_MS) return known.served;
      const served = await read(model);
      deployments.set(model, { readAt: performance.now(), served });
      return served;
    },

    /** The version, loaded once; a failed load is kept for RETRY_LOAD_MS. */
    predictorOf: (model: string, version: number): Promise<Predictor> => {
      const id = `${model}@${version}`;
      const known = predictors.get(id);
      if (known) return known;
      const predictor = load(model, version);
      predictors.set(id, predictor);
      predictor.catch(() => setTimeout(() => predictors.delete(id), RETRY_LOAD_MS).unref());
      return predictor;
    },
  };
};
