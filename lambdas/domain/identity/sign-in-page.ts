import { type Markup, html, page } from '../pages/page.ts';

/** Why a sign-in was refused. Which part was wrong is not said. */
export const REFUSALS = {
  credentials: { status: 401, text: 'Not signed in: username, password or one-time code is not right.' },
  first: { status: 403, text: 'Not signed in: the first sign-in chooses a password and adds a one-time-code device, by `proband login` on the command line.' },
  throttled: { status: 429, text: 'Not signed in: too many attempts. Wait a few minutes.' },
  foreign: { status: 403, text: 'Not signed in: the form was sent by a page of another address.' },
} as const;
export type Refusal = keyof typeof REFUSALS;

/** The form; it is sent to the page's own address, which keeps the project that was asked for and the place within its pages. */
export const signInPage = (refusal?: Refusal): string =>
  page({
    title: 'Sign in',
    subtitle: 'Experiment tracking and model registry',
    body: html`${refusal ? html`<p class="verdict" role="alert">${REFUSALS[refusal].text}</p>` : null}
<form method="post" action="">
${field('username', 'Username', html`autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus`)}
${field('password', 'Password', html`type="password" autocomplete="current-password" required`)}
${field('code', 'One-time code', html`inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" maxlength="6"`)}
<p><button type="submit">Sign in</button></p>
</form>
<p class="note">Invited and never signed in? <code>proband login</code> on the command line chooses the password and adds the one-time-code device.</p>`,
  });

/** What someone sees who is signed in already. */
export const signedInPage = (username: string, project: string): string =>
  page({
    title: 'Signed in',
    body: html`<p>As <strong>${username}</strong>. To the pages of <a href="${project}/">${project}</a>.</p>
<form method="post" action="logout"><p><button type="submit">Sign out</button></p></form>`,
  });

const field = (name: string, label: string, attributes: Markup): Markup => html`<p><label for="${name}">${label}</label><input id="${name}" name="${name}" ${attributes}></p>`;
