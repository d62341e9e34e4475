import type { ModelVersion } from '../../contracts/model-version.ts';
import type { Review } from '../../contracts/review.ts';
import type { Run } from '../../contracts/run.ts';
import { code, facts, html, page } from '../pages/page.ts';
import type { ModelDefinition } from '../training/models.ts';
import type { Evaluation } from './evaluation.ts';
import { type Figures, digestList, gateTable, grid, performance } from './evidence-sections.ts';

/** The page a clinician reads before signing: what for, on whose data, how well, for whom worse, and exactly what would be signed. */
export const dossier = (review: Review, version: ModelVersion, model: ModelDefinition, run: Run, evaluation: Evaluation, figures: Figures): string =>
  page({
    title: `Clinical review of ${model.title}, version ${version.version}`,
    subtitle: `Review ${review.reviewId}, opened ${review.openedAt}`,
    body: html`
      <section><h2>What it is for</h2>
        <p><strong>${version.contextOfUse.name}</strong> (risk tier ${version.contextOfUse.riskTier}): ${version.contextOfUse.statement}</p>
        <p>${model.intendedUse}</p>
        <p>What it must not be trusted with:</p><ul>${model.limitations.map((limitation) => html`<li>${limitation}</li>`)}</ul></section>
      <section><h2>Gates</h2>${gateTable(version.gates)}</section>
      <section><h2>Performance</h2>${performance(evaluation, figures)}</section>
      <section><h2>Data</h2>
        ${run.split ? html`<p>${run.split.train} patients trained, ${run.split.validation} validated, ${run.split.external} of other institutions; ${run.split.how}.</p>
          ${grid('Patients by institution', ['Institution', 'Split', 'n'], run.split.sites.map(({ site, split, n }) => [site, split, n]))}
          ${run.split.excluded.length > 0 ? grid('Left out of the cohort', ['Reason', 'n'], run.split.excluded.map(({ reason, count }) => [reason, count])) : ''}` : ''}
        ${run.leakage ? grid('Leakage guard', ['Check', 'Outcome', 'Finding'], run.leakage.map(({ check, outcome, detail }) => [check, outcome, detail])) : ''}</section>
      <section><h2>What a signature binds</h2>
        <p>A signature is bound to these hashes, recomputed from the stored bytes. It is the deployment key: a version whose signature does not verify over the bytes about to be deployed is not deployed.</p>
        ${facts(Object.entries(review.subject).map(([name, value]) => [name, code(String(value))] as const))}
        ${digestList(version)}</section>`,
  });
