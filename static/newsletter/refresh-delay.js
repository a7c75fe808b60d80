const MIN_DELAY = 3000
export const ERROR_DELAY = 30_000

// Return the milliseconds to wait: long lists take the server longer to count, so ask for them less often.
export const refreshDelay = (responseTime) => Math.max(MIN_DELAY, 10 * responseTime)
