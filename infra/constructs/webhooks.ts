import { Duration, Stack } from 'aws-cdk-lib';
import { CfnEventBus, EventBus, type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DELIVERY } from '../../config/catalog/webhooks.ts';
import { REGISTRY_SOURCE } from '../../lambdas/contracts/registry-event.ts';
import * as api from '../../lambdas/mlflow/webhooks/contract.ts';
import * as deliver from '../../lambdas/webhooks/deliver/contract.ts';
import * as fanOut from '../../lambdas/webhooks/fan-out/contract.ts';
import { readItems, writeItems } from './grants.ts';
import { registryBus, resourceName } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

/** Items of every project, by their partition keys (`lambdas/adapters/webhook-store.ts`, `webhook-delivery-store.ts`, `project-store.ts`). */
const WEBHOOKS = 'P#*#WEBHOOKS';
const DELIVERIES = 'P#*#WEBHOOK-DELIVERIES';
const PROJECTS = 'PROJECTS';

/** A receiver's answer, the delivery's reads and writes, its audit event; shorter than the lease of a delivery. */
const DELIVER_TIMEOUT = Duration.seconds(60);
const FAN_OUT_TIMEOUT = Duration.seconds(30);
const FAN_OUT_ATTEMPTS = 5;

/**
 * Registry events and who is told of them:
 *
 *     registry ─► bus ─rule─► events (queue) ─► FanOut ─► deliveries (queue) ─► Deliver ─► receivers
 *                                       └───── given up ─────────┴──► dead letters
 */
export class Webhooks extends Construct {
  /** serves MLflow's webhooks */
  readonly api: IFunction;
  readonly deadLetters: Queue;
  /** where registry events are told */
  readonly bus: IEventBus;

  private readonly platform: Platform;
  private readonly defaults: FunctionDefaults;
  private readonly auditCalls: IQueue;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults, { auditCalls }: { auditCalls: IQueue }) {
    super(scope, id);
    this.platform = platform;
    this.defaults = defaults;
    this.auditCalls = auditCalls;
    this.deadLetters = this.queue('DeadLetters', 'webhooks-dead-letters');
    const events = this.queue('Events', 'registry-events', { timeout: FAN_OUT_TIMEOUT, attempts: FAN_OUT_ATTEMPTS });
    const deliveries = this.queue('Deliveries', 'webhook-deliveries', { timeout: DELIVER_TIMEOUT, attempts: DELIVERY.retryAfterSeconds.length + 1 });
    this.bus = this.registryBus();
    new Rule(this, 'RegistryChanged', {
      ruleName: resourceName(platform.environment, 'registry-changed'),
      description: 'Something changed in a registry: tell its webhooks',
      eventBus: this.bus,
      eventPattern: { source: [REGISTRY_SOURCE] },
      targets: [new SqsQueue(events, { deadLetterQueue: this.deadLetters })],
    });
    this.fanOut(events, deliveries);
    this.deliver(deliveries);
    this.api = this.webhooksApi();
  }

  private queue(id: string, name: string, served?: { timeout: Duration; attempts: number }): Queue {
    const { environment, keys } = this.platform;
    return new Queue(this, id, {
      queueName: resourceName(environment, name),
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: keys.logs,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      ...(served ? { visibilityTimeout: Duration.seconds(6 * served.timeout.toSeconds()), deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: served.attempts } } : {}),
    });
  }

  /** A bus of its own, under our key: other accounts' rules can be let in without seeing anything else. */
  private registryBus(): IEventBus {
    const { environment, keys } = this.platform;
    const name = registryBus(environment);
    const bus = new CfnEventBus(this, 'Bus', {
      name,
      description: 'What happens in the registries of all projects',
      kmsKeyIdentifier: keys.logs.keyArn,
      deadLetterConfig: { arn: this.deadLetters.queueArn },
    });
    this.deadLetters.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [this.deadLetters.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': Stack.of(this).formatArn({ service: 'events', resource: 'event-bus', resourceName: name }) } },
      }),
    );
    return EventBus.fromEventBusAttributes(this, 'Registry', { eventBusArn: bus.attrArn, eventBusName: bus.ref, eventBusPolicy: '' });
  }

  private fanOut(events: Queue, deliveries: Queue): void {
    const { keys, tables } = this.platform;
    const fan = new ServiceFunction(this, 'FanOut', this.defaults, {
      handler: 'webhooks/fan-out',
      contract: fanOut.Environment,
      variables: { TRACKING_TABLE: tables.tracking.tableName, DELIVERIES_QUEUE_URL: deliveries.queueUrl },
      timeout: FAN_OUT_TIMEOUT,
      permissions: [
        ...readItems(this.platform, 'tracking', [WEBHOOKS]),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deliveries.queueArn] }),
        new PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [keys.logs.keyArn] }),
      ],
    });
    fan.function.addEventSource(new SqsEventSource(events, { batchSize: 10, reportBatchItemFailures: true }));
  }

  private deliver(deliveries: Queue): void {
    const { platform } = this;
    const delivering = new ServiceFunction(this, 'Deliver', this.defaults, {
      handler: 'webhooks/deliver',
      contract: deliver.Environment,
      variables: {
        DELIVERIES_QUEUE_URL: deliveries.queueUrl,
        ...this.outward(),
      },
      timeout: DELIVER_TIMEOUT,
      permissions: [...readItems(platform, 'tracking', [WEBHOOKS, DELIVERIES]), ...writeItems(platform, 'tracking', [DELIVERIES]), ...this.audit(), this.secrets('kms:Decrypt')],
    });
    delivering.function.addEventSource(new SqsEventSource(deliveries, { batchSize: 10, reportBatchItemFailures: true }));
  }

  private webhooksApi(): IFunction {
    const { platform } = this;
    const { projectsOnFirstUse } = platform.environment;
    return new ServiceFunction(this, 'Api', this.defaults, {
      handler: 'mlflow/webhooks',
      contract: api.Environment,
      variables: {
        PROJECTS_ON_FIRST_USE: projectsOnFirstUse,
        ...this.outward(),
      },
      timeout: Duration.seconds(29),
      permissions: [
        ...readItems(platform, 'tracking', [WEBHOOKS, PROJECTS]),
        ...writeItems(platform, 'tracking', projectsOnFirstUse === 'no' ? [WEBHOOKS] : [WEBHOOKS, PROJECTS]),
        ...this.audit(),
        // a test of a webhook signs what it sends
        this.secrets('kms:Encrypt', 'kms:Decrypt'),
      ],
    }).function;
  }

  private outward(): Record<'TRACKING_TABLE' | 'AUDIT_QUEUE_URL' | 'WEBHOOK_KEY_ID', string> & { WEBHOOK_LOOPBACK: '0' | '1' } {
    const { keys, environment, tables } = this.platform;
    return {
      TRACKING_TABLE: tables.tracking.tableName,
      AUDIT_QUEUE_URL: this.auditCalls.queueUrl,
      WEBHOOK_KEY_ID: keys.data.keyArn,
      WEBHOOK_LOOPBACK: environment.webhooks.loopback ? '1' : '0',
    };
  }

  private audit(): PolicyStatement[] {
    return [
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.auditCalls.queueArn] }),
      new PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [this.platform.keys.audit.keyArn] }),
    ];
  }

  /** Only what was encrypted for a webhook. */
  private secrets(...actions: string[]): PolicyStatement {
    return new PolicyStatement({ actions, resources: [this.platform.keys.data.keyArn], conditions: { Null: { 'kms:EncryptionContext:webhook': 'false' } } });
  }
}
