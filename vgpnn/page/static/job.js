// What is true of a job, as the server sends it.

// Whether its patches come from a style beside the clip.
export const hasStyle = job => ['analogy', 'sketch'].includes(job.task);

// Whether its coarse levels compare motion, and not colours.
export const comparesMotion = job => hasStyle(job) && job.structure !== 'colours';

export const isRunning = job => ['queued', 'running'].includes(job.phase);

// Whether several takes of it differ by their seed.
export const hasSeeds = job => (job.task || 'generate') === 'generate';

// Whether a click on a take can tell where a pixel came from.
export const isTraceable = job => Boolean(job.takes?.some(take => take.places));
