// The words of a part of a text as the server stores them: without numbers of citations and other additions, and with
// white space as one space.
const ADDED = "sup, script, style, button, svg, .visually-hidden, [popover], [aria-hidden=true]"
const BLOCKS =
  "p, h1, h2, h3, h4, li, blockquote, pre, td, th, caption, figcaption, figure, br, hr, aside, details, summary, div, tr"

export const normalize = (text) => text.replace(/\s+/g, " ").trim()

export const wordsOf = (range) => {
  const part = range.cloneContents()
  for (const element of part.querySelectorAll(ADDED)) element.remove()
  for (const block of part.querySelectorAll(BLOCKS)) {
    block.before(" ")
    block.after(" ")
  }
  return normalize(part.textContent)
}

// The closest occurrence of the quote, as positions in `words`; null if there is none.
export const findQuote = (words, quote, before = "") => {
  const wanted = normalize(quote)
  const withContext = normalize(`${before} ${quote}`)
  const at = words.indexOf(withContext)
  const start = before && at !== -1 ? at + withContext.length - wanted.length : words.indexOf(wanted)
  return wanted && start !== -1 ? [start, start + wanted.length] : null
}
