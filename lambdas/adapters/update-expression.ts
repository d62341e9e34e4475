type Change = readonly [path: readonly string[], value: unknown];

/**
 * DynamoDB's update of an item: each path is set to its value, or removed where that is undefined. `names` and `values` are those of the
 * condition that goes with it.
 */
export const updateExpression = (changes: readonly Change[], { names = {}, values = {} }: { names?: Record<string, string>; values?: Record<string, unknown> } = {}) => {
  const aliases = new Map<string, string>();
  const aliasOf = (name: string): string => {
    if (!aliases.has(name)) aliases.set(name, `#n${aliases.size}`);
    return aliases.get(name)!;
  };
  const sets: string[] = [];
  const removes: string[] = [];
  const given: Record<string, unknown> = { ...values };
  for (const [index, [path, value]] of changes.entries()) {
    const place = path.map(aliasOf).join('.');
    if (value === undefined) removes.push(place);
    else {
      sets.push(`${place} = :v${index}`);
      given[`:v${index}`] = value;
    }
  }
  const clauses = [sets.length > 0 ? `SET ${sets.join(', ')}` : '', removes.length > 0 ? `REMOVE ${removes.join(', ')}` : ''];
  return {
    UpdateExpression: clauses.filter(Boolean).join(' '),
    ExpressionAttributeNames: { ...Object.fromEntries([...aliases].map(([name, alias]) => [alias, name])), ...names },
    ...(Object.keys(given).length > 0 ? { ExpressionAttributeValues: given } : {}),
  };
};

/** Members of a document, or of a map in it. */
export const members = (changes: Record<string, unknown>, ...within: string[]): Change[] => Object.entries(changes).map(([name, value]) => [[...within, name], value]);
