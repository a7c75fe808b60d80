// CleanPaste: turn styles and classes pasted from Word, Google Docs and WordPress into semantic elements.
import { Extension } from "django-prose-editor/editor"
import {
  cancelsMark,
  headingLevel,
  isListMarker,
  isOfficeHtml,
  listFor,
  listLevel,
  listType,
  marksFor,
} from "./paste-rules.js"

// Below the title, a text's headings are h2 to h4.
const SHIFTED_HEADINGS = { H1: "h2", H2: "h3", H3: "h4", H4: "h4", H5: "h4", H6: "h4" }
const ALLOWED_HEADINGS = { H1: "h2", H5: "h4", H6: "h4" }

const styleOf = (element) => element.getAttribute("style") ?? ""

const rename = (element, tag) => {
  const renamed = element.ownerDocument.createElement(tag)
  for (const { name, value } of element.attributes) renamed.setAttribute(name, value)
  renamed.append(...element.childNodes)
  element.replaceWith(renamed)
  return renamed
}

const unwrap = (element) => element.replaceWith(...element.childNodes)

// Make headings of paragraphs in Word's heading styles. If there is an h1, move all headings down one level.
const convertHeadings = (body) => {
  for (const paragraph of body.querySelectorAll("p")) {
    const level = headingLevel(styleOf(paragraph), paragraph.className)
    if (level) rename(paragraph, `h${Math.min(level, 6)}`)
  }
  if (!body.querySelector("h1")) return
  for (const heading of body.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    rename(heading, SHIFTED_HEADINGS[heading.tagName])
  }
}

// Return the list at `level` at the end of `top`, creating lists inside the last items as needed.
const nestedList = (top, level, tag) => {
  let list = top
  for (let depth = 2; depth <= level && list.lastElementChild; depth++) {
    const item = list.lastElementChild
    let inner = item.lastElementChild
    if (!inner?.matches("ul, ol") || (depth === level && inner.localName !== tag)) {
      inner = item.ownerDocument.createElement(tag)
      item.append(inner)
    }
    list = inner
  }
  return list
}

const markerOf = (paragraph) =>
  [...paragraph.querySelectorAll("span")]
    .filter((span) => isListMarker(styleOf(span)))
    .map((span) => span.textContent)
    .join("")
    .trim()

// Make lists of Word's list paragraphs, using the level in their style and the marker in their text.
const convertLists = (body) => {
  const created = new Set()
  for (const paragraph of body.querySelectorAll("p")) {
    const level = listLevel(styleOf(paragraph))
    if (!level) continue
    const { tag, start } = listFor(markerOf(paragraph))
    let top = paragraph.previousElementSibling
    if (!created.has(top) || (level === 1 && top.localName !== tag)) {
      top = body.ownerDocument.createElement(tag)
      paragraph.before(top)
      created.add(top)
    }
    const list = nestedList(top, level, tag)
    if (start && !list.children.length) list.setAttribute("start", start)
    const item = rename(paragraph, "li")
    for (const name of item.getAttributeNames()) item.removeAttribute(name)
    list.append(item)
  }
}

const removeListMarkers = (body) => {
  for (const element of body.querySelectorAll("*")) {
    if (isListMarker(styleOf(element))) element.remove()
  }
}

// Replace a span's style with elements such as <strong>, and drop elements whose style cancels them.
const convertMarks = (element) => {
  const style = styleOf(element)
  const span = cancelsMark(element.localName, style) ? rename(element, "span") : element
  if (span.localName !== "span") return
  const isInHeading = span.closest("h1, h2, h3, h4, h5, h6") !== null
  let inner = span
  for (const tag of marksFor(style, isInHeading)) {
    const wrapper = span.ownerDocument.createElement(tag)
    wrapper.append(...inner.childNodes)
    inner.append(wrapper)
    inner = wrapper
  }
  unwrap(span)
}

// Write the marks that browsers show around <q>.
const writeQuotationMarks = (quotation) => {
  const isInner = quotation.parentElement.closest("q") !== null
  quotation.prepend(isInner ? "‘" : "“")
  quotation.append(isInner ? "’" : "”")
}

// Keep the exponents and indices of MathML. The server writes out the rest.
const convertFormulas = (body) => {
  for (const script of body.querySelectorAll("msup > :nth-child(2), msub > :nth-child(2)")) {
    const element = body.ownerDocument.createElement(script.parentElement.localName === "msup" ? "sup" : "sub")
    element.textContent = script.textContent
    script.replaceWith(element)
  }
  for (const annotation of body.querySelectorAll("annotation, annotation-xml")) annotation.remove()
}

const cleanHtml = (html) => {
  const { body } = new DOMParser().parseFromString(html, "text/html")
  if (isOfficeHtml(html)) {
    convertHeadings(body)
    convertLists(body)
    removeListMarkers(body)
  }
  for (const list of body.querySelectorAll("ol[style]")) {
    const type = listType(styleOf(list))
    if (type) list.setAttribute("type", type)
  }
  for (const quotation of body.querySelectorAll("q")) writeQuotationMarks(quotation)
  convertFormulas(body)
  for (const link of body.querySelectorAll("a[href^='#_'], .fn > a[href^='#']")) unwrap(link)
  for (const element of body.querySelectorAll("*")) convertMarks(element)
  for (const heading of body.querySelectorAll("h1, h5, h6")) rename(heading, ALLOWED_HEADINGS[heading.tagName])
  for (const cite of body.querySelectorAll("cite, dfn")) rename(cite, "em")
  // Old editors put nested lists next to their item instead of inside it.
  for (const list of body.querySelectorAll(":is(ul, ol) > :is(ul, ol)")) list.previousElementSibling?.append(list)
  // Google Docs writes empty lines as line breaks between blocks.
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
    return cleanHtml(html)
  },
})
