import type { APIGatewayEventRequestContextV2 } from 'aws-lambda';
import { type Principal, Role } from '../contracts/principal.ts';

type Authorized = APIGatewayEventRequestContextV2 & {
  authorizer?: { jwt?: { claims?: Record<string, unknown> }; lambda?: { sub?: string; username?: string; groups?: string; originJti?: string }; iam?: { userArn?: string } };
};

/**
 * Who calls, from what API Gateway's authorizer verified: the token's claims, those that the session's authorizer hands on, or the role that
 * signed the request and that IAM lets call the route.
 */
export const callerOf = (context: APIGatewayEventRequestContextV2): Principal => {
  const { jwt, lambda, iam } = (context as Authorized).authorizer ?? {};
  const from = { sourceIp: context.http.sourceIp, device: context.http.userAgent };
  if (iam?.userArn) return { subject: iam.userArn, username: iam.userArn.split('/')[1] ?? iam.userArn, roles: ['service'], authentication: 'iam-role', ...from };
  const claims = jwt?.claims ?? {};
  const subject = claims['sub'] ?? lambda?.sub;
  return {
    subject: String(subject ?? 'anonymous'),
    username: String(claims['username'] ?? claims['cognito:username'] ?? lambda?.username ?? 'anonymous'),
    roles: String(claims['cognito:groups'] ?? lambda?.groups ?? '')
      .replace(/^\[|\]$/g, '')
      .split(/[\s,]+/)
      .filter(Boolean)
      .flatMap((group) => {
        const role = Role.safeParse(group);
        return role.success ? [role.data] : [];
      }),
    authentication: subject ? 'cognito-jwt' : 'none',
    ...from,
  };
};

/** The sign-in that the caller's token came from, where the token says so. */
export const sessionOf = (context: APIGatewayEventRequestContextV2): string | undefined => {
  const { jwt, lambda } = (context as Authorized).authorizer ?? {};
  const claim = jwt?.claims?.['origin_jti'] ?? lambda?.originJti;
  return claim === undefined ? undefined : String(claim);
};
