// Pasting from Word, Google Docs and WordPress: what they say by styles and classes, said by elements.
// The server's prose/paste.py follows the same rules, so that the author sees at once what will be kept.
import { Extension } from "django-prose-editor/editor"

const OFFICE = /mso-|\bMso[A-Z]|docs-internal-guid/
const LEVEL = /mso-list:\s*\w+\s+level(\d)/
const NUMBER = /^\(?(\d+|[a-zA-Z]{1,4})[.)]/
const STYLE_NAME = /mso-style-name:\W*heading (\d)|mso-outline-level:\s*(\d)/i
const NOT_BOLD = /font-weight:\s*(normal|[1-4]00)/
const NOT_SLANTED = /font-style:\s*normal/
const MARKS = [
  ["strong", /font-weight:\s*(bold|[6-9]00)/],
  ["em", /font-style:\s*(italic|oblique)/],
  ["s", /text-decoration[\w-]*:[^;]*line-through/],
  ["sup", /vertical-align:\s*super/],
  ["sub", /vertical-align:\s*sub(?!\w)/],
]
const HEADINGS = { H1: "h2", H2: "h3", H3: "h4", H4: "h4", H5: "h4", H6: "h4" }
const LOWEST = { H5: "h4", H6: "h4" }

const styleOf = (element) => element.getAttribute("style") ?? ""

const rename = (element, tag) => {
  const renamed = element.ownerDocument.createElement(tag)
  for (const { name, value } of element.attributes) renamed.setAttribute(name, value)
  renamed.append(...element.childNodes)
  element.replaceWith(renamed)
  return renamed
}

const unwrap = (element) => element.replaceWith(...element.childNodes)

// Headings by the names of Word's styles. "Heading 1" is ours below the title, so all go down a step.
const nameHeadings = (body) => {
  for (const paragraph of body.querySelectorAll("p")) {
    const named = STYLE_NAME.exec(styleOf(paragraph))
    const byClass = /\bMso(?:Heading(\d)|Title\b)/.exec(paragraph.className)
    const level = byClass ? (byClass[1] ?? 1) : (named?.[1] ?? named?.[2])
    if (level) rename(paragraph, `h${Math.min(level, 6)}`)
  }
  const isShifted = body.querySelector("h1") !== null
  for (const heading of body.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    if (isShifted) rename(heading, HEADINGS[heading.tagName])
  }
}

// The list `level` deep at the end of `top`, made where there is none; never below an item that is not there.
const listAt = (top, level, tag) => {
  let holder = top
  for (let depth = 2; depth <= level && holder.lastElementChild; depth++) {
    const item = holder.lastElementChild
    let inner = item.lastElementChild
    if (!inner?.matches("ul, ol") || (depth === level && inner.localName !== tag)) {
      inner = item.ownerDocument.createElement(tag)
      item.append(inner)
    }
    holder = inner
  }
  return holder
}

// Word's list paragraphs, told apart by level and by the mark they carry, as real lists.
const makeLists = (body) => {
  const made = new Set()
  for (const paragraph of body.querySelectorAll("p")) {
    const level = LEVEL.exec(styleOf(paragraph))?.[1]
    if (!level) continue
    const marks = [...paragraph.querySelectorAll("span")].filter((span) => styleOf(span).includes("mso-list:Ignore"))
    const number = NUMBER.exec(
      marks
        .map((span) => span.textContent)
        .join("")
        .trim(),
    )
    const tag = number ? "ol" : "ul"
    let top = paragraph.previousElementSibling
    if (!made.has(top) || (level === "1" && top.localName !== tag)) {
      top = body.ownerDocument.createElement(tag)
      paragraph.before(top)
      made.add(top)
    }
    const holder = listAt(top, Number(level), tag)
    if (tag === "ol" && !holder.children.length && /^\d+$/.test(number[1]) && number[1] !== "1") {
      holder.setAttribute("start", number[1])
    }
    const item = rename(paragraph, "li")
    for (const name of item.getAttributeNames()) item.removeAttribute(name)
    holder.append(item)
  }
}

const dropOfficeMarks = (body) => {
  for (const element of body.querySelectorAll("*")) {
    if (styleOf(element).includes("mso-list:Ignore")) element.remove()
  }
}

// Bold, slanted, struck, raised and lowered words by their element instead of their style.
const mark = (element) => {
  const style = styleOf(element)
  const unmarks =
    (element.matches("b, strong") && NOT_BOLD.test(style)) || (element.matches("i, em") && NOT_SLANTED.test(style))
  const span = unmarks ? rename(element, "span") : element
  if (span.localName !== "span") return
  const inHeading = span.closest("h1, h2, h3, h4, h5, h6")
  // A heading is bold already.
  const tags = MARKS.filter(([tag, pattern]) => pattern.test(style) && !(inHeading && tag === "strong"))
  let inner = span
  for (const [tag] of tags) {
    const wrapper = span.ownerDocument.createElement(tag)
    wrapper.append(...inner.childNodes)
    inner.append(wrapper)
    inner = wrapper
  }
  unwrap(span)
}

const tidy = (html) => {
  const { body } = new DOMParser().parseFromString(html, "text/html")
  if (OFFICE.test(html)) {
    nameHeadings(body)
    makeLists(body)
    dropOfficeMarks(body)
  }
  for (const link of body.querySelectorAll("a[href^='#_'], .fn > a[href^='#']")) unwrap(link)
  for (const element of body.querySelectorAll("*")) mark(element)
  for (const heading of body.querySelectorAll("h1, h5, h6")) rename(heading, LOWEST[heading.tagName] ?? "h2")
  for (const cite of body.querySelectorAll("cite, dfn")) rename(cite, "em")
  // Old editors put a nested list beside its item instead of inside it.
  for (const list of body.querySelectorAll(":is(ul, ol) > :is(ul, ol)")) list.previousElementSibling?.append(list)
  // Between blocks, Google Docs writes line breaks for empty lines.
  for (const br of body.querySelectorAll("body > br, body > span > br")) br.remove()
  for (const element of body.querySelectorAll("[style], [class]")) {
    element.removeAttribute("style")
    element.removeAttribute("class")
  }
  return body.innerHTML
}

export const CleanPaste = Extension.create({
  name: "cleanPaste",

  transformPastedHTML(html) {
    return tidy(html)
  },
})
