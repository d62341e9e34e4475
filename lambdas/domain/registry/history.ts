import type { StageChange } from '../../contracts/model-version.ts';

/** The version in production at a moment, from the history alone: the last one that entered and had not left. */
export const inProductionAt = (history: readonly StageChange[], at: string): number | null => {
  const moment = Date.parse(at);
  let standing: number | null = null;
  for (const change of [...history].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    if (Date.parse(change.at) > moment) break;
    if (change.to === 'production') standing = change.version;
    else if (change.from === 'production' && standing === change.version) standing = null;
  }
  return standing;
};
