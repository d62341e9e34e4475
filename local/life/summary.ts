import { HOME_PROJECT } from '../../lambdas/contracts/project.ts';
import { ROLES } from '../../lambdas/contracts/principal.ts';
import { howToSignIn } from '../cloud/how-to-sign-in.ts';
import type { People } from '../cloud/people.ts';
import type { Report } from './report.ts';

const COMPARED = {
  model: 'this model',
  mechanisticOnly: 'mechanistic part alone',
  linear: 'linear model',
  pharmacogenetic: 'pharmacogenetic (NEJM 2009)',
  clinical: 'clinical (NEJM 2009)',
  fixedDose: 'fixed 35 mg/week',
} as const;

const comparison = (title: string, metrics: NonNullable<Report['metrics']>['external']): string[] => {
  if (!metrics) return [];
  const rows = (Object.keys(COMPARED) as (keyof typeof COMPARED)[]).flatMap((name) => {
    const metric = metrics[name];
    return metric
      ? [`    ${COMPARED[name].padEnd(28)} ${metric.maeMgPerWeek.toFixed(2).padStart(6)} mg/week   ${metric.within20Percent.toFixed(1).padStart(5)} % within 20 %   n ${metric.n}`]
      : [];
  });
  return [`  ${title}`, ...rows];
};

/** What a newcomer wants to see at the end. */
export const summary = (report: Report): string => {
  const { ingest, gates, metrics, signature, prediction, trial, drift, audit, retraining } = report;
  const lines: string[] = ['', '─'.repeat(96)];
  if (ingest) {
    lines.push(`Data        ${ingest.read} rows read, ${ingest.admitted} admitted, ${ingest.read - ingest.admitted} quarantined`);
    for (const { reason, column, count } of ingest.quarantined) lines.push(`              ${String(count).padStart(4)}  ${reason}${column ? ` in ${column}` : ''}`);
  }
  if (report.split)
    lines.push(`Cohort      ${report.split.train} trained, ${report.split.validation} validated, ${report.split.external} of another institution (${report.split.how})`);
  if (metrics)
    lines.push(
      'Dose error',
      ...comparison('each institution by models that never saw it', metrics.leaveOneSiteOut),
      ...comparison('another institution, never trained on', metrics.external),
    );
  if (gates) {
    const count = (outcome: string) => gates.filter((gate) => gate.outcome === outcome).length;
    lines.push(`Gates       ${count('pass')} passed, ${count('fail')} failed, ${count('not-applicable')} not applicable`);
    for (const gate of gates.filter(({ outcome }) => outcome === 'fail')) lines.push(`              failed: ${gate.title}: ${gate.reason}`);
  }
  if (signature)
    lines.push(
      `Signed      by ${signature.signer} (${signature.username}) at ${signature.signedAt}: ${signature.verified ? 'verified over the bytes that were deployed' : 'NOT VERIFIED'}`,
    );
  if (prediction) {
    const { interval, explanation } = prediction;
    lines.push(
      `Prediction  ${prediction.weeklyDoseMg.toFixed(1)} mg/week, ${Math.round(100 * interval.level)} % interval ${interval.lowerMgPerWeek.toFixed(1)} to ${interval.upperMgPerWeek.toFixed(1)}; reference patient ${explanation.referenceDoseMgPerWeek.toFixed(1)}`,
    );
    for (const { feature, value, contributionMgPerWeek } of [...explanation.contributions]
      .sort((a, b) => Math.abs(b.contributionMgPerWeek) - Math.abs(a.contributionMgPerWeek))
      .slice(0, 6)) {
      lines.push(`              ${`${contributionMgPerWeek >= 0 ? '+' : '−'}${Math.abs(contributionMgPerWeek).toFixed(1)}`.padStart(6)}  ${feature} ${value ?? 'unknown'}`);
    }
    lines.push(`            a weight of 6800 kg is refused: ${report.refusedPrediction?.detail ?? ''}`);
  }
  if (trial) {
    lines.push('Trial       time with INR 2 to 3, first 12 weeks');
    for (const arm of trial.arms)
      lines.push(
        `              ${arm.name.padEnd(18)} ${arm.ttrPercent?.toFixed(1) ?? '–'} %${arm.interval ? ` (${arm.interval[0].toFixed(1)} to ${arm.interval[1].toFixed(1)})` : ''}, n ${arm.analysed} of ${arm.n}`,
      );
    const { arms = [] } = trial.published as { arms?: { name: string; ttrPercent?: number }[] };
    if (arms.length > 0) lines.push(`              published: ${arms.map(({ name, ttrPercent }) => `${name} ${ttrPercent} %`).join(', ')}`);
  }
  if (drift) {
    lines.push(`Drift       stable population: ${drift.stable.alarm ? 'ALARM' : 'no alarm'} over ${drift.stable.signals.length} signals`);
    if (drift.shifted) {
      lines.push(`            shifted population: ${drift.shifted.alarms.map(({ name, status }) => `${name} (${status})`).join(', ')}`);
      for (const { detail } of drift.shifted.signals.filter(({ alarming }) => alarming).slice(0, 5)) lines.push(`              ${detail}`);
    }
  }
  if (retraining) lines.push(`Retraining  ${retraining.path}: ${retraining.status}${retraining.model ? `, ${retraining.model} waits for its review` : ''}`);
  if (audit)
    lines.push(
      `Audit       ${audit.events} events, ${audit.checkpoints} signed checkpoint(s): ${audit.verified ? 'verified' : 'NOT VERIFIED'}; ${audit.tamperings.filter(({ found }) => found).length} of ${audit.tamperings.length} forgeries found`,
    );
  const total = Object.values(report.seconds).reduce((sum, seconds) => sum + seconds, 0);
  lines.push(`Took        ${total.toFixed(0)} s, peak memory ${report.peakMemoryMiB} MiB`, '');
  for (const [name, path] of Object.entries(report.files)) lines.push(`  ${name.padEnd(18)} ${path}`);
  return lines.join('\n');
};

/** How to call the API as each role, and how to sign in to the web interface. */
export const howToCall = async (apiUrl: string, people: People): Promise<string> => {
  const lines = [`\nAPI     ${apiUrl}`, `MLflow  MLFLOW_TRACKING_URI=${apiUrl}/mlflow/${HOME_PROJECT} MLFLOW_TRACKING_TOKEN=$TOKEN\n`];
  for (const role of ROLES) lines.push(`# ${role}`, `TOKEN=${await people.token(role)}`);
  lines.push('', `curl -s -H "authorization: Bearer $TOKEN" ${apiUrl}/v1/models/warfarin/deployment`, '', howToSignIn(apiUrl, people), '', 'Ctrl-C stops everything.');
  return lines.join('\n');
};
