// Lists whose entries are found by words: case and accents do not matter, and neither does the order of the words.
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()

// Return the entries with each word of `query` in their name, detail or keywords, in their order.
export const matchingEntries = (entries, query) => {
  const words = fold(query).split(/\s+/).filter(Boolean)
  return entries.filter(({ name, detail = "", keywords = "" }) => {
    const text = fold(`${name} ${detail} ${keywords}`)
    return words.every((word) => text.includes(word))
  })
}
