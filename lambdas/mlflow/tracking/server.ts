import { type Operations, Plain } from '../../adapters/mlflow-api.ts';
import { done } from '../../contracts/outcome.ts';

/** The version of MLflow whose protocol is spoken. */
const MLFLOW_VERSION = '3.12.0';
const plain = (body: string) => done(new Plain({ statusCode: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }));

export const serverOperations: Operations<'getServerInfo' | 'getVersion' | 'getHealth'> = {
  getServerInfo: async () =>
    done({
      store_type: 'SqlStore',
      workspaces_enabled: false,
      trace_archival_enabled: false,
      multipart_uploads_enabled: true,
      multipart_downloads_enabled: true,
      presigned_upload_run_id_supported: true,
      presigned_upload_model_id_supported: true,
      features_enabled: { gateway: false },
    }),
  getVersion: async () => plain(MLFLOW_VERSION),
  getHealth: async () => plain('OK'),
};
