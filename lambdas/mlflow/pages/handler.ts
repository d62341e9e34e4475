import { join } from 'node:path';
import { accessTokenVerifier } from '../../adapters/access-token.ts';
import { filesBelow } from '../../adapters/interface-files.ts';
import { Environment } from './contract.ts';
import { serveInterface } from './serve.ts';

const env = Environment.parse(process.env);

export const handler = serveInterface({
  // the bundle has them beside its code
  files: filesBelow(join(import.meta.dirname, 'interface')),
  verify: accessTokenVerifier(env.USER_POOL_ID, env.USER_POOL_CLIENT_ID),
  apiPath: env.API_PATH,
});
