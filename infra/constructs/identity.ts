import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccountRecovery, FeaturePlan, Mfa, StandardThreatProtectionMode, UserPool, type UserPoolClient, UserPoolGroup } from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { Environment } from '../../config/environments/environment.ts';
import { ROLES } from '../../lambdas/contracts/principal.ts';
import { resourceName } from './names.ts';

/** People and their roles: a Cognito group per role, one-time codes, nobody signs up by themselves. */
export class Identity extends Construct {
  readonly userPool: UserPool;
  readonly client: UserPoolClient;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    this.userPool = new UserPool(this, 'People', {
      userPoolName: resourceName(environment, 'people'),
      selfSignUpEnabled: false,
      signInAliases: { username: true, email: true },
      mfa: environment.mfa === 'required' ? Mfa.REQUIRED : Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: { minLength: 14, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: true, tempPasswordValidity: Duration.days(3) },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      deletionProtection: environment.retain,
      removalPolicy: environment.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...(environment.name === 'prod' ? { featurePlan: FeaturePlan.PLUS, standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION } : {}),
    });
    for (const role of ROLES) new UserPoolGroup(this, role, { userPool: this.userPool, groupName: role });
    this.client = this.userPool.addClient('Client', {
      userPoolClientName: resourceName(environment, 'client'),
      authFlows: { userPassword: true, userSrp: true },
      generateSecret: false,
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      // a session ends after an hour; renewing it for longer than a working day needs a new sign-in
      accessTokenValidity: Duration.hours(1),
      idTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.hours(10),
    });
  }
}
