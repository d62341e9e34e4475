import { abortParts, beginParts, completeParts, deleteBelow, downloadUrl, listFolder, partUrls, putBody, uploadUrl } from '../../adapters/artifact-files.ts';
import { auditQueue } from '../../adapters/audit-queue.ts';
import { Plain, serveMlflow } from '../../adapters/mlflow-api.ts';
import { getBytes, sizeOf } from '../../adapters/objects.ts';
import { getModel, getVersionView } from '../../adapters/registered-model-store.ts';
import { neededBy } from '../../adapters/version-sources.ts';
import { getLoggedModel } from '../../adapters/tracking/logged-model-store.ts';
import { getHead } from '../../adapters/tracking/run-store.ts';
import { type Outcome, done } from '../../contracts/outcome.ts';
import { mediaType } from '../../domain/artifacts/mime.ts';
import { joined, keyOfRoot, ownerOf, safePath } from '../../domain/artifacts/paths.ts';
import { absent, invalid, refuse } from '../../domain/mlflow/refusals.ts';
import { modelMissing } from '../../domain/tracking/logged-models.ts';
import { runMissing } from '../../domain/tracking/runs.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);
const bucket = env.ARTIFACTS_BUCKET;
const table = env.TRACKING_TABLE;

/** What a function takes and answers in one piece: 6 MB, of which base64 leaves three quarters. */
const IN_ONE_PIECE = 4_400_000;
const PARTS = 10_000;
const ADDRESS_SECONDS = 3600;

const home = (project: string) => `projects/${project}`;

/** Both spellings of a name (RFC 6266): plain where it can be, and encoded. */
const attachment = (path: string) => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return /^[\w.+=@-]+$/.test(name)
    ? `attachment; filename=${name}`
    : `attachment; filename="${name.replace(/[^\x20-\x7e]|["\\]/g, '_')}"; filename*=UTF-8''${encodeURIComponent(name)}`;
};

/** The version of MLflow whose protocol is spoken. */
const MLFLOW_VERSION = '3.12.0';
const plain = (body: string) => done(new Plain({ statusCode: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }));

/** Where a path of the project's artifacts lies. */
const below = (project: string, path: string | undefined): Outcome<string> => {
  const safe = safePath(path ?? '');
  return safe.ok ? done(joined(home(project), safe.value)) : safe;
};

const rootKey = (project: string, root: string): Outcome<string> => {
  const key = keyOfRoot(project, bucket, root);
  return key === undefined ? invalid(`artifacts at ${root} are not among the project’s own: read them there`) : done(key);
};

/** Small files come in the answer, larger ones from S3, by an address that holds for an hour. Always as attachments: a page among them must not run here. */
const send = async (key: string): Promise<Outcome<Plain>> => {
  const size = await sizeOf({ bucket, key });
  if (size === null) return absent(`No such artifact: ${key.split('/').slice(2).join('/')}`);
  const headers = { 'content-type': mediaType(key), 'content-disposition': attachment(key) };
  if (size > IN_ONE_PIECE) return done(new Plain({ statusCode: 302, headers: { location: await downloadUrl(bucket, key, ADDRESS_SECONDS, headers['content-disposition']) } }));
  return done(new Plain({ statusCode: 200, headers, body: (await getBytes({ bucket, key })).toString('base64'), isBase64Encoded: true }));
};

const named = (files: Awaited<ReturnType<typeof listFolder>>, folder: string | undefined) =>
  files.map((file) => ({ ...file, path: joined(folder?.replace(/\/+$/, ''), file.path) }));

export const handler = serveMlflow(
  {
    getVersion: async () => plain(MLFLOW_VERSION),
    getHealth: async () => plain('OK'),
    // what MLflow answers where no AI gateway is set up; its interface asks on every page of runs, and shows a refusal to its user
    listGatewayEndpoints: async () => done({ endpoints: [] }),

    putArtifact: async ({ project, params, body, audit }) => {
      const key = below(project.project, params['path']);
      if (!key.ok) return key;
      const size = body?.length ?? 0;
      if (size > IN_ONE_PIECE) {
        return refuse(
          'REQUEST_TOO_LARGE',
          `${params['path']} has ${size} bytes; one request takes ${IN_ONE_PIECE}. Send larger files in parts: set MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD=true and MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE=${IN_ONE_PIECE}, or log to an s3:// root with the credentials of \`proband artifacts credentials\``,
        );
      }
      await putBody(bucket, key.value, body ?? new Uint8Array(), mediaType(key.value));
      Object.assign(audit, { bytes: size });
      return done({});
    },

    getArtifact: async ({ project, params }) => {
      const key = below(project.project, params['path']);
      return key.ok ? send(key.value) : key;
    },

    deleteArtifact: async ({ project, params, audit }) => {
      const key = below(project.project, params['path']);
      if (!key.ok) return key;
      const { runId, modelId } = ownerOf(params['path']!);
      if (!runId && !modelId) return invalid(`${params['path'] || 'the root'} holds more than one run's or one logged model's artifacts: delete them one by one`);
      const version = await neededBy(env.REGISTRY_TABLE, project.project, runId ? { run: runId } : { model: modelId! });
      if (version) return refuse('RESOURCE_CONFLICT', `${params['path']} is needed by ${version} and can't be deleted while that version is there`);
      audit['deleted'] = await deleteBelow(bucket, key.value);
      return done({});
    },

    listFolder: async ({ project, fields }) => {
      const key = below(project.project, fields.path);
      return key.ok ? done({ files: await listFolder(bucket, key.value) }) : key;
    },

    createMultipart: async ({ project, params, fields, audit }) => {
      const parts = fields.num_parts ?? 1;
      if (parts < 1 || parts > PARTS) return invalid(`Invalid value ${parts} for parameter 'num_parts' supplied. It must be 1 to ${PARTS}`);
      const key = below(project.project, joined(params['path'], fields.path.split(/[\\/]/).at(-1)));
      if (!key.ok) return key;
      const uploadId = await beginParts(bucket, key.value, mediaType(key.value));
      const urls = await partUrls(bucket, key.value, uploadId, parts, ADDRESS_SECONDS * 12);
      audit['parts'] = parts;
      return done({ upload_id: uploadId, credentials: urls.map((url, index) => ({ url, part_number: index + 1, headers: {} })) });
    },

    completeMultipart: async ({ project, params, fields, audit }) => {
      const key = below(project.project, joined(params['path'], fields.path.split(/[\\/]/).at(-1)));
      if (!key.ok) return key;
      const parts = fields.parts.map(({ part_number, etag }) => ({ number: Number(part_number), etag: String(etag) }));
      await completeParts(bucket, key.value, fields.upload_id, parts);
      audit['parts'] = parts.length;
      return done({});
    },

    abortMultipart: async ({ project, params, fields }) => {
      const key = below(project.project, joined(params['path'], fields.path.split(/[\\/]/).at(-1)));
      if (!key.ok) return key;
      await abortParts(bucket, key.value, fields.upload_id);
      return done({});
    },

    presignDownload: async ({ project, params }) => {
      const key = below(project.project, params['path']);
      if (!key.ok) return key;
      const size = await sizeOf({ bucket, key: key.value });
      if (size === null) return absent(`No such artifact: ${params['path']}`);
      return done({ url: await downloadUrl(bucket, key.value, ADDRESS_SECONDS), headers: {}, file_size: size });
    },

    presignUpload: async ({ project, fields }) => {
      const path = safePath(fields.path);
      if (!path.ok) return path;
      const root = fields.model_id
        ? (await getLoggedModel(table, project.project, fields.model_id))?.artifactUri
        : fields.run_id
          ? (await getHead(table, project.project, fields.run_id))?.artifactUri
          : undefined;
      if (root === undefined) return fields.model_id ? modelMissing(fields.model_id) : runMissing(fields.run_id ?? '');
      const key = rootKey(project.project, root);
      if (!key.ok) return key;
      const seconds = fields.expiration ?? 900;
      if (seconds < 1 || seconds > 43_200) return invalid(`Invalid value ${seconds} for parameter 'expiration' supplied. It must be 1 to 43200 seconds`);
      return done({ presigned_url: await uploadUrl(bucket, joined(key.value, path.value), seconds), headers: {} });
    },

    listRunArtifacts: async ({ project, fields }) => {
      const path = safePath(fields.path ?? '');
      if (!path.ok) return path;
      const head = await getHead(table, project.project, fields.run_id);
      if (!head) return runMissing(fields.run_id);
      const key = rootKey(project.project, head.artifactUri);
      if (!key.ok) return key;
      return done({ root_uri: head.artifactUri, files: named(await listFolder(bucket, joined(key.value, path.value)), path.value) });
    },

    getRunArtifact: async ({ project, fields }) => {
      const path = safePath(fields.path);
      if (!path.ok) return path;
      const head = await getHead(table, project.project, fields.run_id);
      if (!head) return runMissing(fields.run_id);
      const key = rootKey(project.project, head.artifactUri);
      return key.ok ? send(joined(key.value, path.value)) : key;
    },

    getVersionArtifact: async ({ project, fields }) => {
      const path = safePath(fields.path);
      if (!path.ok) return path;
      const model = await getModel(env.REGISTRY_TABLE, project.project, fields.name);
      const view = model && (await getVersionView(env.REGISTRY_TABLE, project.project, model, Number(fields.version)));
      if (!view) return absent(`Model Version (name=${fields.name}, version=${fields.version}) not found`);
      const key = rootKey(project.project, view.location);
      return key.ok ? send(joined(key.value, path.value)) : key;
    },

    getModelArtifact: async ({ project, params, fields }) => {
      if (!fields.artifact_file_path) return refuse('BAD_REQUEST', 'Request must include the "artifact_file_path" query parameter.');
      const path = safePath(fields.artifact_file_path);
      if (!path.ok) return path;
      const model = await getLoggedModel(table, project.project, params['model_id']!);
      if (!model) return modelMissing(params['model_id']!);
      const key = rootKey(project.project, model.artifactUri);
      return key.ok ? send(joined(key.value, path.value)) : key;
    },

    listModelArtifacts: async ({ project, params, fields }) => {
      const path = safePath(fields.artifact_directory_path ?? '');
      if (!path.ok) return path;
      const model = await getLoggedModel(table, project.project, params['model_id']!);
      if (!model) return modelMissing(params['model_id']!);
      const key = rootKey(project.project, model.artifactUri);
      if (!key.ok) return key;
      return done({ root_uri: model.artifactUri, files: named(await listFolder(bucket, joined(key.value, path.value)), path.value) });
    },
  },
  { table, onFirstUse: env.PROJECTS_ON_FIRST_USE },
  auditQueue(env.AUDIT_QUEUE_URL),
);
