import type { Dataset } from '../../contracts/dataset.ts';
import { modelVersionId } from '../../contracts/ids.ts';
import type { ModelVersion } from '../../contracts/model-version.ts';
import type { Review } from '../../contracts/review.ts';
import type { Run } from '../../contracts/run.ts';
import { type Markup, code, facts, html, moment, page, section } from '../pages/page.ts';
import type { ModelDefinition } from '../training/models.ts';
import { DECISION_PLACE } from './decision-notice.ts';
import type { Evaluation } from './evaluation.ts';
import { type Figures, digestList, gateTable, grid, measureTable, performance } from './evidence-sections.ts';

export type DossierFacts = { review: Review; version: ModelVersion; model: ModelDefinition; run: Run; dataset: Dataset; evaluation: Evaluation; figures: Figures };

/** The page a clinician reads before signing: what for, on whose data, how well, for whom worse, and exactly what would be signed. */
export const dossier = ({ review, version, model, run, dataset, evaluation, figures }: DossierFacts): string =>
  page({
    title: `Clinical review: ${model.title}`,
    subtitle: html`${modelVersionId(version.model, version.version)} · review ${code(review.reviewId)} · opened ${moment(review.openedAt)}`,
    body: html`${DECISION_PLACE}
${section(
  'use',
  'What it is for',
  html`<p class="lead">${version.contextOfUse.statement}</p><p>${model.intendedUse}</p>`,
  facts([
    ['Context of use', version.contextOfUse.name],
    ['Risk tier', version.contextOfUse.riskTier],
    ['Trained by', version.createdBy],
    ['Registered', moment(version.createdAt)],
  ]),
)}
${section('limits', 'Limits', html`<ul>${model.limitations.map((limitation) => html`<li>${limitation}</li>`)}</ul><p>${model.ethics}</p>`)}
${section('performance', 'Performance', performance(evaluation, figures))}
${section('gates', 'Gates', gateSummary(version), gateTable(version.gates, model.gates))}
${section('plausibility', 'Physiological plausibility', measureTable(evaluation, 'plausibility_', 'Measured on the exported model that is served'))}
${section('data', 'Data', data(run, dataset))}
${section('signature', 'What is signed', bound(review), html`<h3>Also registered</h3>`, digestList(version))}
<p class="note">${model.maintenance}</p>`,
  });

const gateSummary = ({ gates }: ModelVersion): Markup => {
  const count = (outcome: string) => gates.filter((gate) => gate.outcome === outcome).length;
  const absent = count('not-applicable');
  return html`<p>${count('pass')} of ${gates.length} gates passed, ${count('fail')} failed${absent > 0 ? `, ${absent} not applicable` : ''}.</p>`;
};

const data = ({ split, leakage }: Run, { name, datasetId, patients, ingests }: Dataset): Markup => html`
${facts([
  ['Dataset', html`${name} ${code(datasetId)}`],
  ['Patients', patients.toLocaleString('en')],
])}
${grid(
  'Files',
  ['Upload', 'Source', 'Use', 'SHA-256'],
  ingests.map(({ uploadId, source, use, fileSha256 }) => [code(uploadId), source, use, code(fileSha256)]),
)}
${
  split
    ? html`<p>${split.train} patients trained, ${split.validation} validated, ${split.external} of other institutions; ${split.how}.</p>
${grid(
  'Patients by institution',
  ['Institution', 'Split', 'n'],
  split.sites.map(({ site, split: use, n }) => [site, use, n]),
)}
${
  split.excluded.length > 0
    ? grid(
        'Left out of the cohort',
        ['Reason', 'n'],
        split.excluded.map(({ reason, count }) => [reason, count]),
      )
    : null
}`
    : null
}
${
  leakage
    ? grid(
        'Leakage guard',
        ['Check', 'Outcome', 'Finding'],
        leakage.map(({ check, outcome, detail }) => [check.replaceAll('-', ' '), outcome, detail]),
      )
    : null
}`;

const bound = ({ subject }: Review): Markup => html`
<p>The signature is bound to these hashes, recomputed from the stored bytes. It is the deployment key: a version whose signature does not verify over the bytes about to be deployed is not deployed.</p>
${facts([
  ['Model version', modelVersionId(subject.model, subject.version)],
  ['Model artefacts, digest', code(subject.modelDigest)],
  ['Dataset', code(subject.datasetId)],
  ['Dataset manifest, SHA-256', code(subject.datasetSha256)],
  ['Gate evidence, SHA-256', code(subject.gatesSha256)],
  ['Context of use, SHA-256', code(subject.contextOfUseSha256)],
])}`;
