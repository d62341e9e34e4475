import { writeRuns } from '../bench/tracking/many-runs.ts';

// fill-runs.ts TABLE PROJECT EXPERIMENT COUNT: ended runs as the store keeps them; one by one through the API they would take minutes
const [table, project, experiment, count] = process.argv.slice(2);
await writeRuns(table!, project!, experiment!, Number(count), { whole: false });
