// Describe a text's length next to the length search engines show. `min` is optional.
export const describeLength = (length, min, max) => {
  const isLong = length > max
  const isShort = length > 0 && length < (min ?? 0)
  const base = `${length} of ${max} characters`
  if (isLong) return { text: `${base}, too long`, isOff: true }
  if (isShort) return { text: `${base}, better from ${min}`, isOff: true }
  return { text: base, isOff: false }
}

// Count characters as readers see them, not UTF-16 units.
export const countCharacters = (text) => [...text].length
