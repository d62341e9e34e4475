// Loaded into a deployed function by NODE_OPTIONS=--import: each event's first attempt fails before the work, its second one after the
// work is done and before it is answered, its third one is let through. A folder that the function's processes share counts the attempts.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import Module from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const FOLDER = process.env.DISTURBANCE_FOLDER;

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

const disturbed = (handler) => async (event, context) => {
  const attempt = attemptOf(event);
  if (attempt === 1) throw new Error('disturbed before the work');
  const answer = await handler(event, context);
  if (attempt === 2) throw new Error('disturbed after the work');
  return answer;
};

// the local cloud's runtime loads a bundle by `require`, where load hooks break, and falls back to `import` for one with top-level await
const load = Module.prototype.require;
Module.prototype.require = function (path) {
  if (!path.endsWith('.mjs')) return load.call(this, path);
  try {
    const { handler } = load.call(this, path);
    return { handler: disturbed(handler) };
  } catch (error) {
    if (error.code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    const loading = import(pathToFileURL(path));
    return { handler: disturbed(async (event, context) => (await loading).handler(event, context)) };
  }
};
