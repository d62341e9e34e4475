import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeleteObjectCommand, GetObjectRetentionCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import type { World } from './world.ts';

/** The emulator enforces Object Lock, once local/cloud/object-lock.ts told it. */
export const checkpoints = (world: () => World): void => {
  describe('checkpoints of the audit chain', () => {
    it('are locked: no version of one can be deleted', async () => {
      const { s3, output } = world();
      const Bucket = output('AuditBucketName');
      const versions = async () => (await s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions ?? [];
      const standing = await versions();
      assert.ok(standing.length > 0, 'no checkpoint was kept');
      for (const { Key, VersionId } of standing) {
        const { Retention } = await s3.send(new GetObjectRetentionCommand({ Bucket, Key: Key!, VersionId: VersionId! }));
        assert.equal(Retention?.Mode, 'GOVERNANCE');
        assert.ok(Retention.RetainUntilDate! > new Date());
        await assert.rejects(s3.send(new DeleteObjectCommand({ Bucket, Key: Key!, VersionId: VersionId! })), { name: 'AccessDenied' });
      }
      assert.deepEqual(
        (await versions()).map(({ VersionId }) => VersionId),
        standing.map(({ VersionId }) => VersionId),
      );
    });
  });
};
