// Return the start and end of each occurrence of `query` in `text`, ignoring case and the kind of apostrophe.
export const findMatches = (text, query) => {
  if (!query) return []
  const escaped = query.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/['’]/g, "['’]")
  return Array.from(text.matchAll(new RegExp(escaped, "giu")), ({ index, 0: match }) => ({
    from: index,
    to: index + match.length,
  }))
}

// Return the index of the match to go to from the selection: the next one for a step of 1, the previous one for -1.
// Wrap around at the ends; return -1 without matches.
export const matchToGoTo = (matches, selection, step) => {
  if (!matches.length) return -1
  if (step > 0)
    return Math.max(
      0,
      matches.findIndex(({ from }) => from >= selection.to),
    )
  const previous = matches.findLastIndex(({ from }) => from < selection.from)
  return previous < 0 ? matches.length - 1 : previous
}
