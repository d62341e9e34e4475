import { HOME_PROJECT } from '../../lambdas/contracts/project.ts';
import { ROLES } from '../../lambdas/contracts/principal.ts';
import type { People } from './people.ts';

/** Where MLflow's web interface is, and the names, passwords and one-time codes that open it. A code is good for half a minute: the command makes one. */
export const howToSignIn = (apiUrl: string, { people }: Pick<People, 'people'>): string => {
  const lines = [`MLflow’s web interface  ${apiUrl}/mlflow/${HOME_PROJECT}/   signed in to with`];
  for (const role of ROLES) {
    const { username, password, totpSecret } = people[role];
    lines.push(`  ${username.padEnd(20)}  password ${password}  one-time code: npm run --silent proband -- code ${totpSecret}`);
  }
  return lines.join('\n');
};
