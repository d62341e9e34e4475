import { Duration, Size, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction, IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { keys } from '../../config/catalog/stores.ts';
import * as downloadExportFile from '../../lambdas/lake/download-export-file/contract.ts';
import * as exportApi from '../../lambdas/lake/export-api/contract.ts';
import * as finishExport from '../../lambdas/lake/finish-export/contract.ts';
import * as kickOffExport from '../../lambdas/lake/kick-off-export/contract.ts';
import * as pollExport from '../../lambdas/lake/poll-export/contract.ts';
import { ExportMachine } from '../workflows/export.ts';
import { appendAudit, listObjects, readObjects, readTable, startMachine, writeObjects, writeTable } from './grants.ts';
import { machineArn, resourceName } from './names.ts';
import type { Platform } from './platform.ts';
import { type FunctionDefaults, ServiceFunction } from './service-function.ts';

const PIECES = 'exports/';
const PARTS = 'parts/';
const LANDED = keys.upload('');

/** Bulk Data export from FHIR servers: the API that asks for one, and the machine that brings its files into the landing zone. */
export class FhirExport extends Construct {
  readonly api: IFunction;
  readonly machine: ExportMachine;

  constructor(scope: Construct, id: string, platform: Platform, defaults: FunctionDefaults) {
    super(scope, id);
    const { tables, buckets, environment, keys: kmsKeys } = platform;
    const { origins, loopback, longestWaitSeconds } = environment.fhirServers;
    const LAKE_TABLE = tables.lake.tableName;
    const AUDIT_TABLE = tables.audit.tableName;
    const secrets = resourceName(environment, 'fhir/');
    const secretArns = Stack.of(this).formatArn({ service: 'secretsmanager', resource: `secret:${secrets}*` });
    const servers = { FHIR_SECRETS: secrets, FHIR_SERVERS: origins.join(','), FHIR_LOOPBACK: loopback ? '1' : '0' } as const;
    const variables = { LAKE_TABLE, LANDING_BUCKET: buckets.landing.bucketName, FHIR_LONGEST_WAIT_SECONDS: String(longestWaitSeconds), ...servers };
    // both keep the export's progress and sign in at the server; manifests lie with the pieces
    const speak = [
      ...readTable(platform, 'lake'),
      ...writeTable(platform, 'lake'),
      new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretArns] }),
      ...readObjects(platform, 'landing', PIECES),
      ...listObjects(platform, 'landing', PIECES),
    ];

    this.api = new ServiceFunction(this, 'Api', defaults, {
      handler: 'lake/export-api',
      contract: exportApi.Environment,
      variables: { LAKE_TABLE, AUDIT_TABLE, EXPORT_MACHINE_ARN: machineArn(this, environment, 'export'), SECRETS_KEY_ID: kmsKeys.landing.keyArn, ...servers },
      memoryMiB: 512,
      permissions: [
        ...readTable(platform, 'lake'),
        ...writeTable(platform, 'lake'),
        ...appendAudit(platform),
        ...startMachine(machineArn(this, environment, 'export')),
        // who asks for an export can give a server's credentials, and not read them
        new PolicyStatement({ actions: ['secretsmanager:CreateSecret', 'secretsmanager:PutSecretValue'], resources: [secretArns] }),
        new PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [kmsKeys.landing.keyArn] }),
      ],
    }).function;

    const downloads = new ServiceFunction(this, 'DownloadExportFile', defaults, {
      handler: 'lake/download-export-file',
      contract: downloadExportFile.Environment,
      variables,
      memoryMiB: 1024,
      timeout: Duration.minutes(15),
      permissions: [...speak, ...writeObjects(platform, 'landing', PIECES)],
    }).function;
    // a piece is whole on disk before it is put
    (downloads.node.defaultChild as CfnFunction).ephemeralStorage = { size: Size.gibibytes(1).toMebibytes() };

    const steps = {
      kickOffExport: new ServiceFunction(this, 'KickOffExport', defaults, {
        handler: 'lake/kick-off-export',
        contract: kickOffExport.Environment,
        variables,
        timeout: Duration.minutes(5),
        permissions: speak,
      }).function,
      pollExport: new ServiceFunction(this, 'PollExport', defaults, {
        handler: 'lake/poll-export',
        contract: pollExport.Environment,
        variables,
        timeout: Duration.minutes(5),
        permissions: [...speak, ...writeObjects(platform, 'landing', PIECES)],
      }).function,
      downloadExportFile: downloads,
      finishExport: new ServiceFunction(this, 'FinishExport', defaults, {
        handler: 'lake/finish-export',
        contract: finishExport.Environment,
        variables: { ...variables, AUDIT_TABLE, LINEAGE_TABLE: tables.lineage.tableName },
        memoryMiB: 512,
        timeout: Duration.minutes(15),
        permissions: [
          ...speak,
          ...writeObjects(platform, 'landing', PARTS),
          ...writeObjects(platform, 'landing', LANDED),
          ...readObjects(platform, 'landing', LANDED),
          ...listObjects(platform, 'landing', LANDED),
          ...appendAudit(platform),
          ...writeTable(platform, 'lineage'),
        ],
      }).function,
    };
    this.machine = new ExportMachine(this, 'Export', platform, steps);
  }
}
