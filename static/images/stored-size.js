// The size in pixels at which the server stores an image. images/uploads.py follows the same rules.
const MAX_SIDE = 2560
const MIN_SHORT_SIDE = 1000
const MAX_AREA = 12_000_000
const MAX_LONG_SIDE = 16_000

export const storedSize = (width, height) => {
  const long = Math.max(width, height)
  const short = Math.min(width, height)
  const wanted = Math.max(MAX_SIDE / long, MIN_SHORT_SIDE / short)
  const scale = Math.min(wanted, 1, Math.sqrt(MAX_AREA / (long * short)), MAX_LONG_SIDE / long)
  return [width, height].map((side) => Math.max(Math.round(side * scale), 1))
}
