// What styles and class names of Word and Google Docs mean. The server's richtext/paste.py follows the same rules, so
// that the author sees right away what will be saved.
const OFFICE = /mso-|\bMso[A-Z]|docs-internal-guid/
const LIST_LEVEL = /mso-list:\s*\w+\s+level(\d)/
const LIST_NUMBER = /^\(?(\d+|[a-zA-Z]{1,4})[.)]/
const HEADING_STYLE = /mso-style-name:\W*heading (\d)|mso-outline-level:\s*(\d)/i
const HEADING_CLASS = /\bMso(?:Heading(\d)|Title\b)/
const NOT_BOLD = /font-weight:\s*(normal|[1-4]00)/
const NOT_ITALIC = /font-style:\s*normal/
const MARKS = [
  ["strong", /font-weight:\s*(bold|[6-9]00)/],
  ["em", /font-style:\s*(italic|oblique)/],
  ["s", /text-decoration[\w-]*:[^;]*line-through/],
  ["sup", /vertical-align:\s*super/],
  ["sub", /vertical-align:\s*sub(?!\w)/],
]

export const isOfficeHtml = (html) => OFFICE.test(html)

// Return the level of a paragraph that Word means as a heading, or null.
export const headingLevel = (style, className) => {
  const byClass = HEADING_CLASS.exec(className)
  if (byClass) return Number(byClass[1] ?? 1)
  const byStyle = HEADING_STYLE.exec(style)
  return byStyle ? Number(byStyle[1] ?? byStyle[2]) : null
}

// Return how deep a paragraph of Word's is nested in lists, or null outside of lists.
export const listLevel = (style) => {
  const match = LIST_LEVEL.exec(style)
  return match ? Number(match[1]) : null
}

export const isListMarker = (style) => style.includes("mso-list:Ignore")

// Return the list element for the marker of its first item, and the number a numbered list starts with.
export const listFor = (marker) => {
  const number = LIST_NUMBER.exec(marker)?.[1]
  if (number === undefined) return { tag: "ul", start: null }
  return { tag: "ol", start: /^\d+$/.test(number) && number !== "1" ? number : null }
}

// Return the elements that express a style; headings are bold already.
export const marksFor = (style, isInHeading) =>
  MARKS.filter(([tag, pattern]) => pattern.test(style) && !(isInHeading && tag === "strong")).map(([tag]) => tag)

// The attribute `type` of a list, by the names of CSS.
const LIST_TYPES = {
  "lower-alpha": "a",
  "lower-latin": "a",
  "upper-alpha": "A",
  "upper-latin": "A",
  "lower-roman": "i",
  "upper-roman": "I",
}

// Return the type of a numbered list with this style, or null.
export const listType = (style) => {
  const name = /list-style(?:-type)?:[^;]*?\b([a-z]+-[a-z]+)/i.exec(style)?.[1].toLowerCase()
  return LIST_TYPES[name] ?? null
}

// Google Docs wraps whole documents in <b style="font-weight: normal">.
export const cancelsMark = (tag, style) =>
  (/^(b|strong)$/.test(tag) && NOT_BOLD.test(style)) || (/^(i|em)$/.test(tag) && NOT_ITALIC.test(style))
