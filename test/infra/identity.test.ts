import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentOf } from '../../config/environments/environment.ts';
import { ROLES } from '../../lambdas/contracts/principal.ts';
import { ENVIRONMENTS, resourcesOf, stacksOf } from './assembly.ts';

for (const name of ENVIRONMENTS) {
  const stacks = await stacksOf(name);
  const environment = environmentOf(name);

  test(`${name}: a group per role, nobody signs up alone, one-time codes as the environment says`, () => {
    const groups = resourcesOf(stacks, 'AWS::Cognito::UserPoolGroup').map(([, { Properties }]) => Properties.GroupName);
    assert.deepEqual(groups.sort(), ROLES.toSorted());
    const [[, { Properties: pool }], ...others] = resourcesOf(stacks, 'AWS::Cognito::UserPool') as [[string, { Properties: Record<string, never> }]];
    assert.equal(others.length, 0);
    assert.equal((pool['AdminCreateUserConfig'] as { AllowAdminCreateUserOnly: boolean }).AllowAdminCreateUserOnly, true);
    assert.equal(pool['MfaConfiguration'], environment.mfa === 'required' ? 'ON' : 'OPTIONAL');
    assert.deepEqual(pool['EnabledMfas'], ['SOFTWARE_TOKEN_MFA']);
    const password = (pool['Policies'] as { PasswordPolicy: Record<string, number | boolean> }).PasswordPolicy;
    assert.ok((password['MinimumLength'] as number) >= 12);
    for (const kind of ['RequireLowercase', 'RequireUppercase', 'RequireNumbers', 'RequireSymbols']) assert.equal(password[kind], true, kind);
  });

  test(`${name}: a session ends after an hour, a day's work at the latest`, () => {
    const [[, { Properties: client }]] = resourcesOf(stacks, 'AWS::Cognito::UserPoolClient') as [[string, { Properties: Record<string, never> }]];
    assert.equal(client['AccessTokenValidity'], 60);
    assert.ok(client['RefreshTokenValidity'] <= 12 * 60);
    assert.deepEqual(client['TokenValidityUnits'], { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' });
    assert.equal(client['PreventUserExistenceErrors'], 'ENABLED');
    assert.equal(client['EnableTokenRevocation'], true);
  });
}
