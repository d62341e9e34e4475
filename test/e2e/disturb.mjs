// Loaded into a deployed function by NODE_OPTIONS=--import: each event's first attempt fails before the work, its second one after the
// work is done and before it is answered, its third one is let through. A folder that the function's processes share counts the attempts.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';

const FOLDER = process.env.DISTURBANCE_FOLDER;
const EXPORT = /export \{\s*handler\s*\};/;

const attemptOf = (event) => {
  const id = createHash('sha256').update(JSON.stringify(event)).digest('hex').slice(0, 16);
  for (let attempt = 1; ; attempt++) {
    try {
      writeFileSync(join(FOLDER, `${process.env.AWS_LAMBDA_FUNCTION_NAME}.${id}.${attempt}`), '', { flag: 'wx' });
      return attempt;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
};

globalThis.disturb = (handler) => async (event, context) => {
  const attempt = attemptOf(event);
  if (attempt === 1) throw new Error('disturbed before the work');
  const answer = await handler(event, context);
  if (attempt === 2) throw new Error('disturbed after the work');
  return answer;
};

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context);
    const source = loaded.source ? loaded.source.toString() : '';
    if (!url.endsWith('.mjs') || !EXPORT.test(source)) return loaded;
    return { ...loaded, source: source.replace(EXPORT, 'const disturbedHandler = globalThis.disturb(handler);\nexport { disturbedHandler as handler };') };
  },
});
