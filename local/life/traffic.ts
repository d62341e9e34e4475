import { type Client, ProblemError } from '../../cli/client.ts';
import type { Prediction } from '../../lambdas/contracts/prediction.ts';
import type { Patient } from './patients.ts';
import { until } from './wait.ts';

const AT_ONCE = 2;
/** Nothing answers for this subject yet: the first rollout has not reached it. */
const UNSERVED = new Set([404, 409, 503]);

export type Served = { patient: Patient; prediction: Prediction }[];

/** Asks for predictions as an application would, a few at once; answers those that were served. */
export const predictFor = async (
  client: Client,
  model: string,
  patients: readonly Patient[],
  subjects: string,
  progress: (text: string) => void = () => undefined,
): Promise<Served> => {
  const served: Served = [];
  const waiting = patients.map((patient, index) => ({ patient, subjectKey: `${subjects}-${index}` }));
  let asked = 0;
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      try {
        served.push({
          patient: next.patient,
          prediction: await client('createPrediction', { params: { model }, body: { subjectKey: next.subjectKey, features: next.patient.features } }),
        });
      } catch (error) {
        if (!(error instanceof ProblemError) || !UNSERVED.has(error.problem.status)) throw error;
      }
      progress(`${++asked} of ${patients.length} predictions`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return served;
};

/** Sends what came true. Predictions are recorded in batches a moment after they are answered: what is not known yet is sent again. */
export const reportOutcomes = async (client: Client, model: string, served: Served): Promise<number> => {
  let open = served.map(({ patient, prediction }) => ({
    predictionId: prediction.predictionId,
    weeklyDoseMg: patient.weeklyDoseMg,
    ...(patient.inrOnDose === null ? {} : { inrOnDose: patient.inrOnDose }),
  }));
  await until(
    'recording of outcomes',
    async () => {
      const unknown = new Set<string>();
      for (let start = 0; start < open.length; start += 100) {
        const answer = await client('createOutcomes', { params: { model }, body: { outcomes: open.slice(start, start + 100) } });
        for (const id of answer.unknown) unknown.add(id);
      }
      open = open.filter(({ predictionId }) => unknown.has(predictionId));
      return open.length;
    },
    (left) => left === 0,
    { seconds: 60, every: 1000 },
  );
  return served.length;
};
