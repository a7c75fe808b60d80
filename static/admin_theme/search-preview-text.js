// Shorten a text to `max` characters at the end of a word, as the server does.
export const shorten = (text, max) => {
  const characters = [...text.trim().replace(/\s+/g, " ")]
  if (characters.length <= max) return characters.join("")
  const start = characters.slice(0, max - 1).join("")
  return `${start.replace(/\s+\S*$/, "")}…`
}

export const slugify = (title) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "")
