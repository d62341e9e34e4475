import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentOf } from '../../config/environments/environment.ts';
import { ROLES } from '../../lambdas/contracts/principal.ts';
import { ENVIRONMENTS, onlyResource, resourcesOf, stacksOf } from './assembly.ts';

for (const name of ENVIRONMENTS) {
  const stacks = await stacksOf(name);
  const environment = environmentOf(name);

  test(`${name}: a group per role, nobody signs up alone, one-time codes as the environment says`, () => {
    const groups = resourcesOf(stacks, 'AWS::Cognito::UserPoolGroup').map(([, { Properties }]) => Properties.GroupName);
    assert.deepEqual(groups.sort(), ROLES.toSorted());
    const { Properties: pool } = onlyResource(stacks, 'AWS::Cognito::UserPool');
    assert.equal(pool.AdminCreateUserConfig.AllowAdminCreateUserOnly, true);
    assert.equal(pool.MfaConfiguration, environment.mfa === 'required' ? 'ON' : 'OPTIONAL');
    assert.deepEqual(pool.EnabledMfas, ['SOFTWARE_TOKEN_MFA']);
    const password = pool.Policies.PasswordPolicy;
    assert.ok(password.MinimumLength >= 12);
    for (const kind of ['RequireLowercase', 'RequireUppercase', 'RequireNumbers', 'RequireSymbols']) assert.equal(password[kind], true, kind);
  });

  test(`${name}: a session ends after an hour, a day's work at the latest`, () => {
    const { Properties: client } = onlyResource(stacks, 'AWS::Cognito::UserPoolClient');
    assert.equal(client.AccessTokenValidity, 60);
    assert.ok(client.RefreshTokenValidity <= 12 * 60);
    assert.deepEqual(client.TokenValidityUnits, { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' });
    assert.equal(client.PreventUserExistenceErrors, 'ENABLED');
    assert.equal(client.EnableTokenRevocation, true);
  });
}
