// WordCount: the number of words and the reading time below the text.
import { crel, Extension, gettext } from "django-prose-editor/editor"
import { countWords, readingMinutes } from "./count-words.js"

// Counting a long text on every keystroke would make typing slow.
const DELAY = 250

const textOf = (doc) => {
  const texts = [doc.textBetween(0, doc.content.size, "\n", "\n")]
  doc.descendants(({ type, attrs }) => {
    if (type.name === "callout") texts.push(attrs.title)
    if (type.name === "table") texts.push(attrs.caption ?? "")
  })
  return texts.join("\n")
}

const summary = (doc) => {
  const words = countWords(textOf(doc))
  const unit = words === 1 ? gettext("word") : gettext("words")
  return `${words.toLocaleString()} ${unit} · ${readingMinutes(words)} ${gettext("min read")}`
}

export const WordCount = Extension.create({
  name: "wordCount",

  addStorage() {
    return { line: null, timer: null }
  },

  onCreate({ editor }) {
    this.storage.line = crel("p", { className: "word-count", textContent: summary(editor.state.doc) })
    editor.view.dom.after(this.storage.line)
  },

  onUpdate({ editor }) {
    clearTimeout(this.storage.timer)
    this.storage.timer = setTimeout(() => {
      this.storage.line.textContent = summary(editor.state.doc)
    }, DELAY)
  },

  onDestroy() {
    clearTimeout(this.storage.timer)
  },
})
