type Configuration = { Environment: { Variables: Record<string, string> } };

export const functionName = (handler: string) => `proband-local-${handler.replace('/', '-')}`;

/** The variables of a deployed function. */
export const variablesOf = async (endpoint: string, handler: string): Promise<Readonly<Record<string, string>>> => {
  const answer = await fetch(url(endpoint, handler));
  if (!answer.ok) throw new Error(`no configuration of ${handler}: ${answer.status}`);
  return ((await answer.json()) as Configuration).Environment.Variables;
};

/** Changes variables of a deployed function; its code stays what it is. Answers what puts them back. */
export const changeVariables = async (
  endpoint: string,
  handler: string,
  changed: (variables: Readonly<Record<string, string>>) => Record<string, string>,
): Promise<() => Promise<void>> => {
  const variables = await variablesOf(endpoint, handler);
  await configure(endpoint, handler, { ...variables, ...changed(variables) });
  return () => configure(endpoint, handler, variables);
};

const url = (endpoint: string, handler: string) => `${endpoint}/2015-03-31/functions/${functionName(handler)}/configuration`;

const configure = async (endpoint: string, handler: string, variables: Record<string, string>): Promise<void> => {
  const answer = await fetch(url(endpoint, handler), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ Environment: { Variables: variables } }),
  });
  if (!answer.ok) throw new Error(`${handler} was not configured: ${answer.status}`);
};
