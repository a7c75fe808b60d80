// Return whether a text is a reference to add rather than words to search for: an identifier, an export or a citation.
export const looksPasted = (text) => {
  const trimmed = text.trim()
  if (/^(pmid:?\s*)?\d{5,8}$/i.test(trimmed) || /10\.\d{4,9}\/\S/.test(trimmed)) return true
  if (/pubmed|^TY {1,2}-|^PMID *-|^@\w+\s*\{|^https?:/i.test(trimmed)) return true
  return trimmed.length > 40 && /\b(1[6-9]|20)\d\d\b/.test(trimmed)
}
