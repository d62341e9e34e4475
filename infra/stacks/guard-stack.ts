import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../../config/environments/environment.ts';
import { Guard, type Guarded } from '../constructs/guard.ts';

/** What watches the account: the trail, backups, the budget. */
export class GuardStack extends Stack {
  constructor(scope: Construct, id: string, environment: Environment, guarded: Guarded, props: StackProps) {
    super(scope, id, props);
    new Guard(this, 'Guard', environment, guarded);
  }
}
