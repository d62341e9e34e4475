import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PYTHON, ROOT, STATE } from '../../local/cloud/processes.ts';
import { literal, withDuckDb } from '../../lambdas/adapters/duckdb.ts';
import { loadOnnx } from '../../lambdas/adapters/onnx.ts';
import type { Predictor } from '../../lambdas/adapters/predictor.ts';
import { digestOf } from '../../lambdas/domain/canonical-json.ts';
import { encodedColumns, encodeRow } from '../../lambdas/domain/features/feature-view.ts';
import { ModelDescription } from '../../lambdas/domain/prediction/model-description.ts';
import { viewDocument } from '../../lambdas/domain/training/cohort.ts';
import { requireModel } from '../../lambdas/domain/training/models.ts';
import { cohortOf, VIEW } from '../unit/monitoring/cohort.ts';

/** Enough to make every array of the graph; time does not depend on the weights, and nothing is said of this model's doses. */
const STEPS = 20;
const { hyperparameters } = requireModel('warfarin');
const PARAMETERS = Object.fromEntries(Object.entries({ ...hyperparameters, model: 'warfarin', steps: STEPS }).map(([name, value]) => [name, String(value)]));

/** The warfarin model as the training container exports it, of the real architecture, trained briefly on the shipped cohort; kept between runs. */
export const syntheticModel = async (): Promise<Omit<Predictor, 'version'>> => {
  const folder = join(STATE, 'bench', digestOf({ PARAMETERS, view: VIEW }).slice(0, 16));
  const output = join(folder, 'output');
  if (!existsSync(join(output, 'model.json'))) await train(folder, output);
  const graph = (name: string) => loadOnnx(readFileSync(join(output, name)));
  return {
    view: VIEW,
    description: ModelDescription.parse(JSON.parse(readFileSync(join(output, 'model.json'), 'utf8'))),
    dose: await graph('dose.onnx'),
    course: await graph('course.onnx'),
  };
};

/** The features channel of the job contract (containers/README.md), and the job. */
const train = async (folder: string, output: string): Promise<void> => {
  const channel = join(folder, 'input', 'features');
  mkdirSync(channel, { recursive: true });
  writeFileSync(join(channel, 'view.json'), JSON.stringify(viewDocument(VIEW)));
  writeFileSync(join(folder, 'parameters.json'), JSON.stringify(PARAMETERS));
  await writeTable(join(folder, 'rows.ndjson'), join(channel, 'features.parquet'));
  const job = ['--input', join(folder, 'input'), '--output', output, '--checkpoints', join(folder, 'checkpoints'), '--parameters', join(folder, 'parameters.json')];
  execFileSync(PYTHON, ['-m', 'virtual_patient.train', ...job], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, PYTHONPATH: join(ROOT, 'containers', 'src') } });
};

const writeTable = async (staged: string, path: string): Promise<void> => {
  const columns = encodedColumns(VIEW).map(({ column }) => column);
  const patients = await cohortOf(join(ROOT, 'local', 'cohort', 'development.csv'));
  const rows = patients.map(({ site, features, observed }, index) => {
    const encoded = encodeRow(VIEW, features);
    return { person_id: index + 1, site, split: 'train', ...features, ...Object.fromEntries(columns.map((column, at) => [column, encoded[at]])), [VIEW.label.name]: observed };
  });
  writeFileSync(staged, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const types: Record<string, string> = {
    person_id: 'BIGINT',
    site: 'VARCHAR',
    split: 'VARCHAR',
    ...Object.fromEntries(VIEW.features.map(({ name, kind }) => [name, kind === 'categorical' ? 'VARCHAR' : 'DOUBLE'])),
    ...Object.fromEntries([...columns, VIEW.label.name, ...VIEW.observed.map(({ name }) => name)].map((name) => [name, 'DOUBLE'])),
  };
  const declared = Object.entries(types).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
  await withDuckDb((connection) =>
    connection.run(`COPY (FROM read_json(${literal(staged)}, format = 'newline_delimited', columns = {${declared.join(', ')}})) TO ${literal(path)} (FORMAT parquet)`),
  );
};
