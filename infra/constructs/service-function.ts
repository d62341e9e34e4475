import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ZodObject, input } from 'zod';
import type { Environment } from '../../config/environments/environment.ts';
import { bundleOf } from '../bundle.ts';

/** What every function of an environment shares. */
export type FunctionDefaults = { environment: Environment; logKey: IKey };

export type ServiceFunctionProps<E extends ZodObject> = {
  /** the folder of the handler below lambdas/, e.g. `lake/describe-file` */
  handler: string;
  /** the handler's environment contract; the values must fit it, or the app does not compile */
  contract: E;
  variables: { [name in keyof input<E>]: string };
  memoryMiB?: number;
  timeout?: Duration;
  /** the least that the function needs; each statement names its actions and resources */
  permissions?: PolicyStatement[];
  reservedConcurrency?: number;
};

/** A Lambda from a folder of lambdas/: its bundle, its own role, its own encrypted log group. */
export class ServiceFunction<E extends ZodObject = ZodObject> extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, defaults: FunctionDefaults, props: ServiceFunctionProps<E>) {
    super(scope, id);
    const { environment, logKey } = defaults;
    const name = `proband-${environment.name}-${props.handler.replace('/', '-')}`;
    const { folder, entry } = bundleOf(props.handler);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${name}`,
      retention: environment.logRetentionDays as RetentionDays,
      encryptionKey: logKey,
      removalPolicy: environment.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.role.addToPolicy(new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }));
    for (const statement of props.permissions ?? []) this.role.addToPolicy(statement);
    this.function = new LambdaFunction(this, 'Function', {
      functionName: name,
      runtime: Runtime.NODEJS_24_X,
      architecture: environment.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
      handler: entry,
      code: Code.fromAsset(folder),
      role: this.role,
      logGroup,
      memorySize: props.memoryMiB ?? 256,
      timeout: props.timeout ?? Duration.seconds(15),
      tracing: Tracing.ACTIVE,
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        ORT_DISABLE_TELEMETRY: '1',
        PROBAND_ENVIRONMENT: environment.name,
        ...environment.functionEnvironment,
        ...(props.variables as Record<string, string>),
      },
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
  }
}
