import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IItemReader } from 'aws-cdk-lib/aws-stepfunctions';

/** The items of a Distributed Map: a JSON list in one object. CDK's own reader would let the machine read the whole bucket. */
export class ObjectList implements IItemReader {
  readonly bucket: IBucket;
  readonly resource: string;
  readonly #keyPath: string;
  readonly #permissions: PolicyStatement[];

  /** @param keyPath where the state says the object's key */
  constructor(bucket: IBucket, keyPath: string, permissions: PolicyStatement[]) {
    this.bucket = bucket;
    this.resource = `arn:${bucket.stack.partition}:states:::s3:getObject`;
    this.#keyPath = keyPath;
    this.#permissions = permissions;
  }

  render(): unknown {
    return {
      Resource: this.resource,
      ReaderConfig: { InputType: 'JSON' },
      Parameters: { Bucket: this.bucket.bucketName, 'Key.$': this.#keyPath },
    };
  }

  providePolicyStatements(): PolicyStatement[] {
    return this.#permissions;
  }

  validateItemReader(): string[] {
    return this.#keyPath.startsWith('$.') ? [] : [`the path of the key is ${this.#keyPath}; it must be a JSONPath, such as $.list.key`];
  }
}
