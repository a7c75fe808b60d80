// Find: find and replace within the text, highlighting all matches.
import { crel, Extension, gettext, pm } from "django-prose-editor/editor"
import { button } from "./editor-ui.js"
import { findMatches, matchToGoTo } from "./find-matches.js"

const pluginKey = new pm.state.PluginKey("find")

const matchesIn = (doc, query) => {
  const matches = []
  doc.descendants((node, position) => {
    if (!node.isTextblock) return true
    // One character stands for each leaf, so that offsets in the string are offsets in the document.
    const text = node.textBetween(0, node.content.size, null, "\ufffc")
    const start = position + 1
    matches.push(...findMatches(text, query).map(({ from, to }) => ({ from: start + from, to: start + to })))
    return false
  })
  return matches
}

const highlightPlugin = () => {
  const { Decoration, DecorationSet } = pm.view
  return new pm.state.Plugin({
    key: pluginKey,
    state: {
      init: () => ({ query: "", matches: [] }),
      apply(transaction, value) {
        const query = transaction.getMeta(pluginKey) ?? value.query
        if (query === value.query && !transaction.docChanged) return value
        return { query, matches: matchesIn(transaction.doc, query) }
      },
    },
    props: {
      decorations: (state) => {
        const { from, to } = state.selection
        const highlight = (match) => {
          const isCurrent = match.from === from && match.to === to
          return Decoration.inline(match.from, match.to, { class: isCurrent ? "match match--current" : "match" })
        }
        return DecorationSet.create(state.doc, pluginKey.getState(state).matches.map(highlight))
      },
    },
  })
}

const createInput = (placeholder, className) =>
  crel("input", { type: "text", className, placeholder, "aria-label": placeholder })

class FindBar {
  constructor(editor) {
    this.editor = editor
    this.query = createInput(gettext("Find"), "find-query")
    this.replacement = createInput(gettext("Replace with"), "find-replacement")
    this.count = crel("span", { className: "find-count", role: "status" })
    this.dom = crel("div", { className: "find-bar", role: "search", hidden: true }, [
      this.query,
      this.count,
      button("↑", () => this.go(-1), gettext("Previous")),
      button("↓", () => this.go(1), gettext("Next")),
      this.replacement,
      button(gettext("Replace"), () => this.replaceCurrent()),
      button(gettext("Replace all"), () => this.replaceAll()),
      button("✕", () => this.close(), gettext("Close")),
    ])
    // These fields are not part of the admin form: autosave must not react to them.
    this.dom.addEventListener("input", (event) => {
      event.stopPropagation()
      this.highlight()
      this.showCount()
    })
    this.dom.addEventListener("change", (event) => event.stopPropagation())
    this.dom.addEventListener("keydown", (event) => this.handleKey(event))
  }

  get matches() {
    return pluginKey.getState(this.editor.state).matches
  }

  get currentIndex() {
    const { from, to } = this.editor.state.selection
    return this.matches.findIndex((match) => match.from === from && match.to === to)
  }

  open() {
    const { doc, selection } = this.editor.state
    this.dom.hidden = false
    this.query.value = doc.textBetween(selection.from, selection.to, " ").slice(0, 100) || this.query.value
    this.query.focus()
    this.query.select()
    this.highlight()
    this.showCount()
  }

  close() {
    this.dom.hidden = true
    this.highlight()
    this.editor.commands.focus()
  }

  highlight() {
    const query = this.dom.hidden ? "" : this.query.value
    this.editor.view.dispatch(this.editor.state.tr.setMeta(pluginKey, query))
  }

  showCount() {
    const total = this.matches.length
    if (!this.query.value) this.count.textContent = ""
    else if (!total) this.count.textContent = gettext("Not found")
    else this.count.textContent = `${this.currentIndex + 1 || "–"} / ${total}`
  }

  go(step) {
    const { state, view } = this.editor
    const match = this.matches[matchToGoTo(this.matches, state.selection, step)]
    if (match) {
      view.dispatch(state.tr.setSelection(pm.state.TextSelection.create(state.doc, match.from, match.to)))
      const { node } = view.domAtPos(match.from)
      const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node
      element.scrollIntoView({ block: "center" })
    }
    this.showCount()
  }

  // Replace from the end, so that the positions before stay valid, in one step of undo.
  replace(matches) {
    const transaction = this.editor.state.tr
    for (const { from, to } of matches.toReversed()) {
      if (this.replacement.value) transaction.insertText(this.replacement.value, from, to)
      else transaction.delete(from, to)
    }
    this.editor.view.dispatch(transaction)
  }

  replaceCurrent() {
    if (this.currentIndex >= 0) this.replace([this.matches[this.currentIndex]])
    this.go(1)
  }

  replaceAll() {
    const total = this.matches.length
    this.replace(this.matches)
    this.count.textContent = `${total} ${gettext("replaced")}`
  }

  handleKey(event) {
    if (event.key === "Escape") this.close()
    else if (event.key !== "Enter" || event.target.matches("button")) return
    else if (event.target === this.query) this.go(event.shiftKey ? -1 : 1)
    event.preventDefault()
    event.stopPropagation()
  }
}

export const Find = Extension.create({
  name: "find",

  addStorage() {
    return { bar: null }
  },

  addProseMirrorPlugins() {
    return [highlightPlugin()]
  },

  onCreate({ editor }) {
    this.storage.bar = new FindBar(editor)
    editor.storage.menu.dom.append(this.storage.bar.dom)
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "find",
      groups: "utility",
      button: buttons.material("search", gettext("Find and replace")),
      command: (editor) => editor.storage.find.bar.open(),
    })
  },

  addKeyboardShortcuts() {
    return {
      "Mod-f": () => {
        this.storage.bar.open()
        return true
      },
    }
  },
})
