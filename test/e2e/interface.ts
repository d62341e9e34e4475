import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { codeOf } from '../../cli/one-time-code.ts';
import { interfaceIsCurrent } from '../../infra/mlflow-interface.mjs';
import { HOME_PROJECT } from '../../lambdas/contracts/project.ts';
import { NO_BROWSER, openBrowser } from './browser.ts';
import type { World } from './world.ts';

const LOSS = 'hybrid/train_loss';
/** What the interface asks for that is not served here: its AI assistant, and a file that the platform's own versions do not have. */
const UNANSWERED = ['404 GET ajax-api/3.0/mlflow/assistant/config', '400 GET model-versions/get-artifact'];

type Curve = { runId: string; metric: string; y: number[]; width: number; height: number };
/** The page's line charts: of which run and metric each curve is, its values, and the size in pixels that it is drawn in. */
const CURVES = `[...document.querySelectorAll('.js-plotly-plot')].flatMap((chart) => {
  const lines = [...chart.querySelectorAll('.scatterlayer .js-line')].map((line) => line.getBoundingClientRect());
  return (chart.data ?? []).filter(({ y }) => y?.length).map(({ uuid, metricKey, y }, index) => ({ runId: uuid, metric: metricKey, y: [...y], width: lines[index]?.width ?? 0, height: lines[index]?.height ?? 0 }));
})`;

/** MLflow's web interface as a data scientist uses it after the life. */
export const webInterface = (world: () => Pick<World, 'cloud' | 'scratch' | 'printed'>): void => {
  const skip = NO_BROWSER || (!interfaceIsCurrent() && 'MLflow’s web interface could not be fetched when this was set up');

  describe('MLflow’s own web interface, in Chromium', { skip, timeout: 180_000 }, () => {
    let browser: Browser;
    let page: Page;
    const refused = new Set<string>();
    const faults: string[] = [];
    const home = () => `${world().cloud.apiUrl}/mlflow/${HOME_PROJECT}/`;
    const person = () => world().cloud.people.people['data-scientist'];

    // biome-ignore lint/suspicious/noExplicitAny: MLflow's JSON
    const call = async (path: string, body?: object): Promise<any> => {
      const headers = { authorization: `Bearer ${await world().cloud.people.token('auditor')}`, 'content-type': 'application/json' };
      const answer = await fetch(`${home()}api/2.0/mlflow/${path}`, { headers, ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}) });
      assert.equal(answer.status, 200, path);
      return answer.json();
    };
    const historyOf = async (runId: string): Promise<number[]> =>
      ((await call(`metrics/get-history?run_id=${runId}&metric_key=${encodeURIComponent(LOSS)}`)).metrics as { value: number }[]).map(({ value }) => value);
    /** The curve of a run's loss, as soon as it is drawn. */
    const curveOf = async (runId: string): Promise<Curve> => {
      const wanted = `${CURVES}.find(({ runId, metric, height }) => runId === '${runId}' && metric === '${LOSS}' && height > 0)`;
      await page.waitForFunction(wanted);
      return (await page.evaluate(wanted)) as Curve;
    };
    const enter = async (password: string) => {
      await page.fill('#username', person().username);
      await page.fill('#password', password);
      await page.fill('#code', codeOf(person().totpSecret));
      await page.click('button[type=submit]');
    };

    let experimentId = '';
    let trained = '';
    let folds: { id: string; name: string }[] = [];

    before(async () => {
      browser = await openBrowser(world().scratch);
      page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
      page.setDefaultTimeout(30_000);
      page.on('pageerror', ({ message }) => faults.push(message));
      page.on('response', (answer) => {
        if (answer.status() >= 400) refused.add(`${answer.status()} ${answer.request().method()} ${answer.url().replace(home(), '').split('?')[0]}`);
      });
      const { model_version: version } = await call('model-versions/get?name=warfarin&version=1');
      trained = version.run_id;
      experimentId = (await call(`runs/get?run_id=${trained}`)).run.info.experiment_id;
      const { runs } = await call('runs/search', { experiment_ids: [experimentId], filter: `tags.mlflow.parentRunId = '${trained}'` });
      folds = runs
        .filter(({ data }: { data: { metrics: { key: string }[] } }) => data.metrics.some(({ key }) => key === LOSS))
        .slice(0, 2)
        .map(({ info }: { info: { run_id: string; run_name: string } }) => ({ id: info.run_id, name: info.run_name }));
      assert.equal(folds.length, 2);
    });
    after(() => browser?.close());

    it('is where the life’s last lines say, with the names that open it and a way to their one-time codes', () => {
      const { username, password, totpSecret } = person();
      const printed = world().printed();
      assert.ok(printed.includes(`MLflow’s web interface  ${home()} `));
      assert.match(printed, new RegExp(`${username} +password ${password} +one-time code: npm run --silent proband -- code ${totpSecret}`));
    });

    it('leads who has no session to the sign-in, which takes no wrong password', async () => {
      await page.goto(`${home()}#/experiments/${experimentId}/runs/${trained}`);
      assert.match(page.url(), /\/mlflow\/login\?to=proband#\/experiments/);
      await enter('Another-password-0!');
      assert.match((await page.textContent('[role=alert]'))!, /username, password or one-time code is not right/);
      assert.deepEqual(await page.context().cookies(), []);
    });

    it('comes back to the place that was asked for: the life’s training, its gates’ measures, its nested runs', async () => {
      refused.clear();
      await enter(person().password);
      await page.getByText('Child runs', { exact: true }).waitFor();
      assert.ok(page.url().startsWith(`${home()}#/experiments/${experimentId}/runs/${trained}`), page.url());
      for (const shown of ['calibration_slope', ...folds.map(({ name }) => name)]) await page.getByText(shown, { exact: true }).first().waitFor();
      const [cookie] = await page.context().cookies();
      assert.deepEqual([cookie!.httpOnly, cookie!.sameSite, await page.evaluate('document.cookie')], [true, 'Strict', '']);
    });

    it('lists the experiment and its runs, on the side for model training', async () => {
      await page.goto(`${home()}#/experiments`);
      await page
        .getByTestId('experiment-list-item-link')
        .filter({ hasText: /^warfarin$/ })
        .click();
      const { run } = await call(`runs/get?run_id=${trained}`);
      await page.getByRole('link', { name: run.info.run_name }).first().waitFor();
      await page.getByText('Model registry', { exact: true }).waitFor();
      assert.equal(await page.getByText('Prompts', { exact: true }).count(), 0);
    });

    it('draws a nested run’s loss, every step as it was logged', async () => {
      await page.goto(`${home()}#/experiments/${experimentId}/runs/${folds[0]!.id}/model-metrics`);
      const { y, width, height } = await curveOf(folds[0]!.id);
      assert.deepEqual(y, await historyOf(folds[0]!.id));
      assert.ok(y.length > 100 && y.at(-1)! < y[0]!, `${y.length} steps from ${y[0]} to ${y.at(-1)}`);
      assert.ok(width > 100 && height > 50, `${width} × ${height} pixels`);
    });

    it('compares two nested runs, with their curves in one chart', async () => {
      await page.goto(`${home()}#/compare-runs?runs=${JSON.stringify(folds.map(({ id }) => id))}&experiments=["${experimentId}"]`);
      for (const { name } of folds) await page.getByText(name, { exact: true }).first().waitFor();
      await page.getByRole('link', { name: LOSS, exact: true }).click();
      for (const { id, name } of folds) {
        const { y, width, height } = await curveOf(id);
        assert.deepEqual(y, await historyOf(id));
        assert.ok(width > 100 && height > 50, `${name}: ${width} × ${height} pixels`);
      }
    });

    it('shows the registered model, its versions, and what is in production', async () => {
      await page.goto(`${home()}#/models/warfarin`);
      await page.getByRole('button', { name: 'Try it now' }).click();
      await page.getByRole('link', { name: 'Version 1', exact: true }).click();
      await page.getByText('Stage (deprecated)').waitFor();
      await page.getByText('Production', { exact: true }).first().waitFor();
      await page.getByRole('link', { name: (await call(`runs/get?run_id=${trained}`)).run.info.run_name }).waitFor();
    });

    it('met no fault, and no refusal but of what is not served here', () => {
      assert.deepEqual(faults, []);
      assert.deepEqual(
        [...refused].filter((each) => !UNANSWERED.includes(each)),
        [],
      );
    });

    it('does not let another origin’s page act for its reader, whose cookie the browser sends along', async (t) => {
      // another port is another origin of the same site
      const elsewhere = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<h1>elsewhere</h1>')).listen(0, '127.0.0.1');
      t.after(() => elsewhere.close());
      await once(elsewhere, 'listening');
      const foreign = await page.context().newPage();
      await foreign.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`);
      const cookies: (string | undefined)[] = [];
      const network = await foreign.context().newCDPSession(foreign);
      network.on('Network.requestWillBeSentExtraInfo', ({ headers }) => cookies.push(headers['Cookie']));
      await network.send('Network.enable');
      const create = `${home()}ajax-api/2.0/mlflow/experiments/create`;
      const sent = foreign.waitForResponse(create);
      await foreign.evaluate(`fetch(${JSON.stringify(create)}, { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"name":"forged"}' }).then(() => undefined)`);
      assert.equal((await sent).status(), 403);
      assert.match(`${cookies.at(-1)}`, /^proband-session=/);
      assert.equal((await call('experiments/search', { max_results: 100, filter: "name = 'forged'" })).experiments.length, 0);
      await foreign.close();
    });

    it('is left by signing out', async () => {
      await page.goto(`${world().cloud.apiUrl}/mlflow/login`);
      await page.getByText(person().username).waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.locator('#password').waitFor();
      assert.deepEqual(await page.context().cookies(), []);
      await page.goto(home());
      await page.locator('#password').waitFor();
    });
  });
};
