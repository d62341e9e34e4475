import { App, Tags } from 'aws-cdk-lib';
import { type Environment, environmentOf } from '../config/environments/environment.ts';
import { bundleLambdas } from './bundle.ts';
import { nativeModules } from './native-modules.ts';
import { AppStack } from './stacks/app-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { GuardStack } from './stacks/guard-stack.ts';

/** Every stack of an environment, by lifetime. */
export const addStacks = (app: App, environment: Environment): void => {
  const props = { env: { account: process.env['CDK_DEFAULT_ACCOUNT'], region: environment.region }, terminationProtection: environment.retain };
  const data = new DataStack(app, `proband-${environment.name}-data`, environment, { ...props, description: 'Proband: keys, buckets, tables, people' });
  const application = new AppStack(app, `proband-${environment.name}-app`, environment, data.held, { ...props, description: 'Proband: functions, state machines, API, alarms' });
  application.addStackDependency(data);
  if (!environment.leaveOut.includes('guard')) {
    new GuardStack(app, `proband-${environment.name}-guard`, environment, data.held, { ...props, description: 'Proband: trail, backups, budget' });
  }
  Tags.of(app).add('application', 'proband');
  Tags.of(app).add('environment', environment.name);
};

if (import.meta.main) {
  try {
    const app = new App();
    const environment = environmentOf(String(app.node.tryGetContext('environment')));
    await bundleLambdas(environment.architecture, nativeModules(environment.architecture));
    addStacks(app, environment);
    app.synth();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}
