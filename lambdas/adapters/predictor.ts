import type { ModelVersion } from '../contracts/model-version.ts';
import type { ObjectVersion } from '../contracts/object.ts';
import type { Prediction } from '../contracts/prediction.ts';
import { digestOf } from '../domain/canonical-json.ts';
import { encodedColumns, FeatureView, type RawFeatures } from '../domain/features/feature-view.ts';
import { coalitionRows, playersOf, shapleyValues } from '../domain/prediction/explanation.ts';
import { effectiveFeatures, ModelDescription, scalarInputs } from '../domain/prediction/model-description.ts';
import { encodePatient, missingFeatures, referencePatient } from '../domain/prediction/patient.ts';
import { getVerified } from './objects.ts';
import { loadOnnx, type OnnxModel, runOnnx } from './onnx.ts';

/** Days of the INR course when no doses are given. */
const DEFAULT_COURSE_DAYS = 28;
/** Relative difference of two rows that float32 may make of one patient. */
const SAME_DOSE = 1e-5;

/** A version that is ready to answer. */
export type Predictor = { version: ModelVersion; view: FeatureView; description: ModelDescription; dose: OnnxModel; course: OnnxModel };

/** Reads the version's files and the view.json of its run by their pinned S3 versions; bytes of another SHA-256, or a view of another digest, are a fault. */
export const loadPredictor = async (version: ModelVersion, viewObject: ObjectVersion): Promise<Predictor> => {
  const [description, viewDocument, dose, course] = await Promise.all([
    artifact(version, 'model.json'),
    getVerified(viewObject),
    artifact(version, 'dose.onnx'),
    artifact(version, 'course.onnx'),
  ]);
  const { definition } = JSON.parse(viewDocument.toString('utf8')) as { definition: unknown };
  if (digestOf(definition) !== version.digests.featureView)
    throw new Error(`${version.model}@${version.version} was trained with feature view ${version.digests.featureView}, its run holds ${digestOf(definition)}`);
  const view = FeatureView.parse(definition);
  const described = ModelDescription.parse(JSON.parse(description.toString('utf8')));
  const columns = encodedColumns(view).map(({ column }) => column);
  if (digestOf(columns) !== digestOf(described.view.columns)) throw new Error(`${version.model}@${version.version} reads other columns than its feature view gives`);
  const [doseModel, courseModel] = await Promise.all([loadOnnx(dose), loadOnnx(course)]);
  return { version, view, description: described, dose: doseModel, course: courseModel };
};

const artifact = (version: ModelVersion, path: string): Promise<Buffer> => {
  const file = version.artifacts.files.find((candidate) => candidate.path === path);
  if (!file) throw new Error(`${version.model}@${version.version} has no ${path}`);
  return getVerified(file);
};

export type Dose = Pick<Prediction, 'weeklyDoseMg' | 'interval'>;

/** The dose and its interval alone, mg/week. `raw` has passed the view's schema. */
export const predictDose = async ({ view, description, dose }: Predictor, raw: RawFeatures): Promise<Dose> => {
  const scalars = scalarInputs(description);
  return doseOf(await runDose(dose, scalars, Float32Array.from(encodePatient(view, scalars, raw).values), 1), 0, description);
};

/** The whole answer: dose, interval, individual parameters, INR course, and the dose's exact Shapley values. `raw` has passed the view's schema. */
export const predict = async (
  predictor: Predictor,
  raw: RawFeatures,
  dailyDoseMg?: readonly number[],
): Promise<Dose & Pick<Prediction, 'parameters' | 'inrCourse' | 'explanation' | 'missing'>> => {
  const { view, description } = predictor;
  const effective = effectiveFeatures(description);
  // a graph that reads more than its description says is explained over everything that it is given
  const { found, ...explained } =
    (await explain(predictor, raw, effective)) ??
    (await explain(
      predictor,
      raw,
      view.features.map(({ name }) => name),
    ))!;
  const answer = doseOf(found, -1, description);
  const parameters = output(found, 'parameters').data.slice(-description.parameters.length);
  return {
    ...answer,
    parameters: Object.fromEntries(description.parameters.map(({ name, unit }, i) => [name, { value: finite(parameters[i], name), unit }])),
    inrCourse: await inrCourse(predictor, parameters, dailyDoseMg ?? Array.from({ length: DEFAULT_COURSE_DAYS }, () => answer.weeklyDoseMg / 7)),
    explanation: explained,
    missing: missingFeatures(effective, raw),
  };
};

/**
 * One ONNX run over every coalition of the features that differ from the reference patient, the patient as the last row. Null where
 * `features` alone do not make the patient's dose.
 */
const explain = async ({ view, description, dose }: Predictor, raw: RawFeatures, features: readonly string[]) => {
  const scalars = scalarInputs(description);
  const patient = encodePatient(view, scalars, raw);
  const reference = encodePatient(view, scalars, referencePatient(view)).values;
  const playing = patient.values.map((value, column) => (features.includes(patient.features[column]!) ? value : reference[column]!));
  const players = playersOf(patient.features, playing, reference);
  const coalitions = coalitionRows(players, patient.values, reference);
  const found = await runDose(dose, scalars, Float32Array.from([...coalitions, ...patient.values]), 2 ** players.length + 1);
  const doses = output(found, 'dose_mg_week').data;
  const [all, itself] = [finite(doses.at(-2), 'dose'), finite(doses.at(-1), 'dose')];
  if (Math.abs(all - itself) > SAME_DOSE * itself) return null;
  const phi = shapleyValues(players.length, doses.subarray(0, -1));
  const contributions: Prediction['explanation']['contributions'] = players.map((player, i) => ({
    feature: player.features.join(' + '),
    value: player.features.length === 1 ? (raw[player.features[0]!] ?? null) : null,
    contributionMgPerWeek: phi[i]!,
  }));
  const idle = features
    .filter((name) => !players.some((player) => player.features.includes(name)))
    .map((feature) => ({ feature, value: raw[feature] ?? null, contributionMgPerWeek: 0 }));
  return {
    found,
    referenceDoseMgPerWeek: finite(doses[0], 'reference dose'),
    contributions: [...contributions, ...idle].sort((a, b) => Math.abs(b.contributionMgPerWeek) - Math.abs(a.contributionMgPerWeek)),
  };
};

/** Runs dose.onnx on row-major [rows, F + scalars]: the encoded columns are one input, each scalar one more. */
const runDose = (dose: OnnxModel, scalars: readonly string[], patients: Float32Array, rows: number) => {
  const width = patients.length / rows;
  const columns = width - scalars.length;
  const features = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) features.set(patients.subarray(row * width, row * width + columns), row * columns);
  const scalar = (index: number) => Float32Array.from({ length: rows }, (_, row) => patients[row * width + columns + index]!);
  return runOnnx(dose, { features: { data: features, dims: [rows, columns] }, ...Object.fromEntries(scalars.map((name, index) => [name, { data: scalar(index), dims: [rows] }])) });
};

/** INR 24 h after each day's dose, mg. */
const inrCourse = async ({ course }: Predictor, parameters: Float32Array, dailyDoseMg: readonly number[]): Promise<Prediction['inrCourse']> => {
  const found = await runOnnx(course, {
    parameters: { data: parameters, dims: [1, parameters.length] },
    daily_dose_mg: { data: Float32Array.from(dailyDoseMg), dims: [1, dailyDoseMg.length] },
  });
  const inr = output(found, 'inr').data;
  return dailyDoseMg.map((dose, index) => ({ day: index + 1, dailyDoseMg: dose, inr: finite(inr[index], 'inr') }));
};

const doseOf = (found: Awaited<ReturnType<typeof runOnnx>>, row: number, { interval }: ModelDescription): Dose => ({
  weeklyDoseMg: finite(output(found, 'dose_mg_week').data.at(row), 'dose'),
  interval: {
    level: interval.level,
    lowerMgPerWeek: finite(output(found, 'dose_lower').data.at(row), 'lower end'),
    upperMgPerWeek: finite(output(found, 'dose_upper').data.at(row), 'upper end'),
  },
});

const output = (found: Awaited<ReturnType<typeof runOnnx>>, name: string) => {
  const tensor = found[name];
  if (!tensor) throw new Error(`the graph has no output ${name}`);
  return tensor;
};

/** A model that answers with no number has failed; it must not pass as an answer. */
const finite = (value: number | undefined, what: string): number => {
  if (value === undefined || !Number.isFinite(value)) throw new RangeError(`the model's ${what} is ${value}`);
  return value;
};
