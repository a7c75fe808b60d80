const MAX_LENGTH = 48

// Return the chosen values of a group as one short line. Long texts show their beginning.
export const summarize = (values) => {
  const text = values
    .map((value) => value.replace(/\s+/g, " ").trim())
    .filter(Boolean)
    .join(", ")
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1).trimEnd()}…` : text
}
