// Tags as one text, in the format of the server: separated by commas, quoted if they contain a space or a comma.
export const formatTags = (tags) => tags.map((tag) => (/[\s,]/.test(tag) ? `"${tag}"` : tag)).join(", ")

// Return the tags of a text. As on the server, spaces separate tags only if there is no comma and no quote.
export const parseTags = (text) => {
  const quoted = []
  const rest = text.replace(/"([^"]*)"/g, (_, tag) => {
    quoted.push(tag)
    return ","
  })
  const separator = quoted.length || rest.includes(",") ? "," : /\s+/
  return cleanTags([...quoted, ...rest.replaceAll('"', "").split(separator)])
}

// Return the tags trimmed, without empty ones and without repetitions in another case.
export const cleanTags = (tags) => {
  const byKey = new Map()
  for (const tag of tags.map((each) => each.trim()).filter(Boolean)) {
    if (!byKey.has(tag.toLowerCase())) byKey.set(tag.toLowerCase(), tag)
  }
  return [...byKey.values()]
}
