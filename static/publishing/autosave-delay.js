// Autosave when typing pauses, and at least every few seconds while it does not.
export const PAUSE = 1500
const MAX_WAIT = 4000

// Return the milliseconds until the next autosave, for changes that began at `firstChangeAt`.
export const autosaveDelay = (firstChangeAt, now) => Math.max(0, Math.min(PAUSE, firstChangeAt + MAX_WAIT - now))
