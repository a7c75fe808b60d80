// The review page: takes the passage of a note from the preview, and shows the passage of a note in it.
import { findQuote, wordsOf } from "./passage-text.js"

const CONTEXT = 60

const frame = document.querySelector("[data-review-text]")
const form = document.querySelector("[data-note-form]")

const textOf = () => frame.contentDocument?.querySelector(".prose")

const around = (text, range) => {
  const before = range.cloneRange()
  before.setStart(text, 0)
  before.setEnd(range.startContainer, range.startOffset)
  const after = range.cloneRange()
  after.setStart(range.endContainer, range.endOffset)
  after.setEnd(text, text.childNodes.length)
  return [wordsOf(before).slice(-CONTEXT), wordsOf(after).slice(0, CONTEXT)]
}

const takeSelection = () => {
  const text = textOf()
  const selection = frame.contentWindow.getSelection()
  const range = selection?.rangeCount ? selection.getRangeAt(0) : null
  const quote = form.querySelector("[name=quote]")
  if (!range || range.collapsed || !text?.contains(range.commonAncestorContainer)) {
    quote.focus()
    return
  }
  const [before, after] = around(text, range)
  quote.value = wordsOf(range)
  form.querySelector("[name=before]").value = before
  form.querySelector("[name=after]").value = after
  form.querySelector("[name=text]").focus()
}

// Walks through the text until the words before the point have the given length.
const pointAt = (text, length) => {
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT)
  const range = frame.contentDocument.createRange()
  range.selectNodeContents(text)
  let node = walker.nextNode()
  while (node) {
    range.setEnd(node, node.data.length)
    if (wordsOf(range).length >= length) break
    node = walker.nextNode()
  }
  if (!node) return null
  let offset = 0
  do {
    offset += 1
    range.setEnd(node, offset)
  } while (offset < node.data.length && wordsOf(range).length < length)
  return [node, offset]
}

const showPassage = ({ quote, before }) => {
  const text = textOf()
  if (!text) return
  const all = frame.contentDocument.createRange()
  all.selectNodeContents(text)
  const found = findQuote(wordsOf(all), quote, before)
  const start = found && pointAt(text, found[0] + 1)
  const end = found && pointAt(text, found[1])
  if (!start || !end) return
  const range = frame.contentDocument.createRange()
  range.setStart(start[0], start[1] - 1)
  range.setEnd(...end)
  const selection = frame.contentWindow.getSelection()
  selection.removeAllRanges()
  selection.addRange(range)
  start[0].parentElement.scrollIntoView({ block: "center" })
  frame.scrollIntoView({ block: "nearest" })
}

if (frame) {
  for (const place of document.querySelectorAll("[data-show-passage], [data-take-selection]")) place.hidden = false
  document.addEventListener("click", (event) => {
    const place = event.target.closest("[data-show-passage], [data-take-selection]")
    if (!place || !event.target.closest("button")) return
    if (place.matches("[data-take-selection]")) takeSelection()
    else showPassage(place.dataset)
  })
}
