import type { Dataset } from '../../contracts/dataset.ts';
import type { ModelVersion } from '../../contracts/model-version.ts';
import type { Run } from '../../contracts/run.ts';
import { facts, html, page } from '../pages/page.ts';
import { Evaluation } from '../review/evaluation.ts';
import { digestList, gateTable, performance } from '../review/evidence-sections.ts';
import type { ModelDefinition } from '../training/models.ts';

const NO_FIGURES = { predictedVsObserved: null, calibration: null, subgroups: null };

/** The model card (Mitchell et al. 2019, doi:10.1145/3287560.3287596): details, intended use, data, performance by group, limits, ethics, maintenance. */
export const modelCard = (version: ModelVersion, model: ModelDefinition, dataset: Dataset, run: Run, evaluation: unknown): string =>
  page({
    title: `Model card: ${model.title}, version ${version.version}`,
    subtitle: `Registered ${version.createdAt} by ${version.createdBy}`,
    body: html`
      <section><h2>Details</h2><p>Published pharmacokinetic and pharmacodynamic equations with a network that moves a patient’s parameters inside published limits; one differentiable program, an ensemble for uncertainty.</p>
        <ul>${model.references.map((reference) => html`<li>${reference}</li>`)}</ul>${digestList(version)}</section>
      <section><h2>Intended use</h2><p>${model.intendedUse}</p><p>${version.contextOfUse.name}, risk tier ${version.contextOfUse.riskTier}: ${version.contextOfUse.statement}</p></section>
      <section><h2>Data</h2><p>Dataset ${dataset.name} (${dataset.datasetId}), ${dataset.patients} patients; ${run.split ? `${run.split.train} trained, ${run.split.validation} validated, ${run.split.external} external` : ''}.</p><h3>Hyperparameters</h3>${facts(Object.entries({ ...model.hyperparameters, ...run.hyperparameters, seed: run.seed }).map(([name, value]) => [name, String(value)] as const))}</section>
      <section><h2>Performance, also by group</h2>${performance(Evaluation.parse(evaluation), NO_FIGURES)}</section>
      <section><h2>Gates</h2>${gateTable(version.gates)}</section>
      <section><h2>Limitations</h2><ul>${model.limitations.map((limitation) => html`<li>${limitation}</li>`)}</ul></section>
      <section><h2>Ethics</h2><p>${model.ethics}</p></section>
      <section><h2>Maintenance</h2><p>${model.maintenance}</p></section>`,
  });
