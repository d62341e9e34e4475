import { API, type Mlflow, type Query } from './mlflow.ts';
import {
  type ArtifactFile,
  type Experiment,
  type LoggedModel,
  type Metric,
  type ModelVersion,
  type Owner,
  PROMPT,
  type RegisteredModel,
  type Run,
  type Source,
  tagsOf,
} from './source.ts';

/** entities of a page; a project's answer has to fit a function's 6 MB */
const PAGE = 100;
/** points of a page, MLflow's own limit */
const POINTS = 25_000;
const PROMPTS = `tags.\`${PROMPT}\` = 'true'`;

type Paged<K extends string, T> = { [key in K]?: T[] } & { next_page_token?: string };

async function* pages<K extends string, T>(member: K, ask: (token: string | undefined) => Promise<Paged<K, T>>): AsyncGenerator<T> {
  let token: string | undefined;
  do {
    const answer = await ask(token);
    yield* (answer[member] ?? []) as T[];
    token = answer.next_page_token || undefined;
  } while (token);
}

/** MLflow's filters have no escape: what a name's quotes are not part of can quote it. */
const quoted = (name: string): string => (name.includes("'") ? `"${name}"` : `'${name}'`);

/** Everything of an MLflow server, or of a project here, by its REST protocol. */
export const serverSource = (server: Mlflow): Source => {
  const search = <K extends string, T>(member: K, path: string, body: object) =>
    pages<K, T>(member, (page_token) => server.send('POST', `${API}/${path}`, { max_results: PAGE, ...body, ...(page_token ? { page_token } : {}) }));

  return {
    origin: server.address,
    experiments: () => search<'experiments', Experiment>('experiments', 'experiments/search', { view_type: 'ALL', order_by: ['creation_time ASC'] }),
    runs: (experimentId) => search<'runs', Run>('runs', 'runs/search', { experiment_ids: [experimentId], run_view_type: 'ALL', order_by: ['attributes.start_time ASC'] }),
    history: (run) => history(server, run),
    loggedModels: (experimentId) => search<'models', LoggedModel>('models', 'logged-models/search', { experiment_ids: [experimentId] }),
    models: () => models(server),
    versions: async (model) => {
      const named = `name=${quoted(model.name)}`;
      const filter = PROMPT in tagsOf(model.tags) ? `${named} AND ${PROMPTS}` : named;
      const found = pages<'model_versions', ModelVersion>('model_versions', (page_token) => server.get(`${API}/model-versions/search`, { filter, max_results: PAGE, page_token }));
      const versions: ModelVersion[] = [];
      for await (const version of found) versions.push(await located(server, version));
      return versions.sort((a, b) => Number(a.version) - Number(b.version));
    },
    artifacts: (owner) => files(server, owner),
  };
};

async function* history(server: Mlflow, { info, data }: Run): AsyncGenerator<Metric[]> {
  for (const { key } of data?.metrics ?? []) {
    let page_token: string | undefined;
    do {
      const query: Query = { run_id: info.run_id, metric_key: key, max_results: POINTS, page_token };
      const answer: { metrics?: Metric[]; next_page_token?: string } = await server.get(`${API}/metrics/get-history`, query);
      yield answer.metrics ?? [];
      page_token = answer.next_page_token || undefined;
    } while (page_token);
  }
}

async function* models(server: Mlflow): AsyncGenerator<RegisteredModel> {
  const seen = new Set<string>();
  for (const filter of [undefined, PROMPTS]) {
    const found = pages<'registered_models', RegisteredModel>('registered_models', (page_token) =>
      server.get(`${API}/registered-models/search`, { max_results: PAGE, filter, page_token }),
    );
    for await (const model of found) {
      if (seen.has(model.name)) continue;
      seen.add(model.name);
      yield model;
    }
  }
}

/** A version made of another one says which; the server knows where that one's artifacts lie. */
const located = async (server: Mlflow, version: ModelVersion): Promise<ModelVersion> => {
  if (!version.source?.startsWith('models:')) return version;
  const { artifact_uri } = await server.get<{ artifact_uri: string }>(`${API}/model-versions/get-download-uri`, { name: version.name, version: version.version });
  return { ...version, location: artifact_uri };
};

type Entry = { path: string; is_dir?: boolean; file_size?: number };

/** The folders and files of one folder of an owner's artifacts. */
export const listFolder = (server: Mlflow, owner: Owner, folder: string): AsyncIterable<Entry> =>
  pages<'files', Entry>('files', (page_token) =>
    'run' in owner
      ? server.get(`${API}/artifacts/list`, { run_id: owner.run, path: folder || undefined, page_token })
      : server.get(`${API}/logged-models/${owner.model}/artifacts/directories`, { artifact_directory_path: folder || undefined, page_token }),
  );

async function* files(server: Mlflow, owner: Owner, folder = ''): AsyncGenerator<ArtifactFile> {
  for await (const { path, is_dir, file_size } of listFolder(server, owner, folder)) {
    if (is_dir) yield* files(server, owner, path);
    else yield { path, bytes: file_size === undefined ? undefined : Number(file_size), open: () => open(server, owner, path) };
  }
}

const open = async (server: Mlflow, owner: Owner, path: string): Promise<AsyncIterable<Uint8Array>> => {
  const answer =
    'run' in owner
      ? await server.download('get-artifact', { run_id: owner.run, path })
      : await server.download(`ajax-api/2.0/mlflow/logged-models/${owner.model}/artifacts/files`, { artifact_file_path: path });
  return answer.body ?? (async function* () {})();
};
