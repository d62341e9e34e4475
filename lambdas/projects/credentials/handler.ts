import { serve } from '../../adapters/api.ts';
import { takeRole } from '../../adapters/artifact-credentials.ts';
import { auditQueue } from '../../adapters/audit-queue.ts';
import { getProject } from '../../adapters/project-store.ts';
import { getHead } from '../../adapters/tracking/run-store.ts';
import { done, notFound, refused } from '../../contracts/outcome.ts';
import { keyOfRoot } from '../../domain/artifacts/paths.ts';
import { accessOf, sessionPolicy } from '../../domain/artifacts/session-policy.ts';
import { Environment } from './contract.ts';

const env = Environment.parse(process.env);

export const handler = serve(
  {
    createArtifactCredentials: async ({ params, body, caller, audit }) => {
      const project = await getProject(env.TRACKING_TABLE, params.project);
      if (!project) return notFound('project', params.project);
      const access = accessOf(project, caller);
      if (!access) return refused(403, 'Forbidden', `project ${project.project} is for its members; ${caller.username} is none of them`);
      const head = body.runId ? await getHead(env.TRACKING_TABLE, project.project, body.runId) : undefined;
      if (head === null) return notFound('run', body.runId!);
      const prefix = head ? keyOfRoot(project.project, env.ARTIFACTS_BUCKET, head.artifactUri) : `projects/${project.project}`;
      if (prefix === undefined) return refused(409, 'Elsewhere', `the artifacts of run ${body.runId} lie outside of this installation`);
      Object.assign(audit, { access, minutes: body.minutes, ...(body.runId ? { runId: body.runId } : {}) });
      const policy = sessionPolicy({ bucketArn: env.ARTIFACTS_BUCKET_ARN, keyArn: env.ARTIFACTS_KEY_ARN, prefix, access });
      const keys = await takeRole(env.ARTIFACTS_ROLE_ARN, policy, caller.username, body.minutes * 60);
      return done({ ...keys, root: `s3://${env.ARTIFACTS_BUCKET}/${prefix}`, access });
    },
  },
  auditQueue(env.AUDIT_QUEUE_URL),
);
