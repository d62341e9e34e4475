import { App, Tags } from 'aws-cdk-lib';
import { type Environment, environmentOf } from '../config/environments/environment.ts';
import { bundleLambdas } from './bundle.ts';
import { nativeModules } from './native-modules.ts';
import { AppStack } from './stacks/app-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { GuardStack } from './stacks/guard-stack.ts';
import { TrackingStack } from './stacks/tracking-stack.ts';

/** Every stack of an environment, by lifetime. */
export const addStacks = (app: App, environment: Environment): void => {
  const account = process.env['CDK_DEFAULT_ACCOUNT'];
  const props = { env: { region: environment.region, ...(account ? { account } : {}) }, terminationProtection: environment.retain };
  const name = (stack: string) => `proband-${environment.name}-${stack}`;
  const data = new DataStack(app, name('data'), environment, { ...props, description: 'Proband: keys, buckets, tables, people' });
  const application = new AppStack(app, name('app'), environment, data.held, { ...props, description: 'Proband: functions, state machines, API, alarms' });
  application.addStackDependency(data);
  const tracking = new TrackingStack(app, name('tracking'), application.shared, { ...props, description: 'Proband: experiment tracking, MLflow protocol, webhooks' });
  tracking.addStackDependency(application);
  if (!environment.leaveOut.includes('guard')) new GuardStack(app, name('guard'), environment, data.held, { ...props, description: 'Proband: trail, backups, budget' });
  Tags.of(app).add('application', 'proband');
  Tags.of(app).add('environment', environment.name);
};

const main = async (): Promise<void> => {
  const app = new App();
  const environment = environmentOf(String(app.node.tryGetContext('environment')));
  // cdk-lib's own validation of templates is most of a synthesis: off in inner loops
  if (environment.name === 'local') process.env['CDK_VALIDATION'] ??= 'false';
  await bundleLambdas(environment.architecture, nativeModules(environment.architecture));
  addStacks(app, environment);
  if (app.node.tryGetContext('nag')) (await import('./acknowledgements.ts')).judgeSynthesis(app);
  app.synth();
};

if (import.meta.main) {
  await main().catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  });
}
