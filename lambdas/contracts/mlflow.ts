import type { MLFLOW, MlflowOperation } from '../../config/catalog/mlflow.ts';
import type { Principal } from './principal.ts';
import type { Project } from './project.ts';

/** One call of MLflow's protocol after its routing, its authorisation and the reading of its members. */
export type MlflowCall<O extends MlflowOperation, Taken> = {
  operation: O;
  project: Project;
  /** names in the path, e.g. `model_id` */
  params: Record<string, string>;
  fields: Taken;
  /** the members as they came, for what the declaration does not say */
  given: Record<string, unknown>;
  /** what a `raw` operation's request carries */
  body: Uint8Array | undefined;
  caller: Principal;
  requestId: string;
  /** ids and counts to be kept with this call's audit event */
  audit: Record<string, unknown>;
};
export type Takes<O extends MlflowOperation> = (typeof MLFLOW)[O]['takes'];
