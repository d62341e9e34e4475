import type { Operations } from '../../adapters/mlflow-api.ts';
import { done } from '../../contracts/outcome.ts';

export const serverOperations: Operations<'getServerInfo'> = {
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
};
