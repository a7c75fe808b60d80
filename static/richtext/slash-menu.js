// SlashMenu: “/” at the start of a line offers everything that can be inserted. The text keeps the focus; the menu is a
// listbox, and the editor names the chosen option to screen readers.
import { crel, Extension, gettext, pm } from "django-prose-editor/editor"
import { matchingEntries } from "./match-words.js"
import { itemsFor } from "./slash-items.js"

const key = new pm.state.PluginKey("slashMenu")
const CLOSED = { isOpen: false, found: [], index: 0 }
const GAP = 6
let menuCount = 0

// The “/” and the words after it, if a line consists of nothing else and the cursor is at its end.
const findCommand = ({ selection: { $from, empty } }) => {
  const { parent } = $from
  if (!empty || parent.type.name !== "paragraph" || $from.parentOffset !== parent.content.size) return null
  const [, query] = /^\/([\p{L}\p{N} ]{0,30})$/u.exec(parent.textContent) ?? []
  return query === undefined ? null : { query, from: $from.start(), to: $from.end() }
}

const nextState = (editor, transaction, previous, state) => {
  const command = findCommand(state)
  const change = transaction.getMeta(key)
  if (!command || change === "close") return { ...CLOSED, closedAt: command?.from }
  // Moving the cursor into such a line opens nothing, and Escape counts until the line is another one.
  const wasClosed = previous.closedAt === command.from
  if (wasClosed || (!previous.isOpen && !transaction.docChanged)) return { ...CLOSED, closedAt: previous.closedAt }
  const found = matchingEntries(itemsFor(editor), command.query)
  const index = command.query === previous.query ? (change?.index ?? previous.index) : 0
  return { ...command, found, index, isOpen: found.length > 0 }
}

const insert = (editor, { from, to }, { command, options }) => {
  editor.chain().focus().deleteRange({ from, to }).run()
  editor.chain().focus()[command](options).run()
}

class MenuView {
  constructor(editor, id) {
    this.editor = editor
    this.id = id
    this.list = crel("ul", { id, className: "slash-menu", role: "listbox", "aria-label": gettext("Insert") })
    this.list.hidden = true
    // It scrolls. While it is open, the Tab key inserts instead of moving the focus here.
    this.list.tabIndex = 0
    this.place = this.place.bind(this)
    // A click must not take the focus from the text.
    this.list.addEventListener("mousedown", (event) => event.preventDefault())
    this.list.addEventListener("click", ({ target }) => {
      const option = target.closest("[role=option]")
      const state = key.getState(editor.state)
      if (option) insert(editor, state, state.found[[...this.list.children].indexOf(option)])
    })
    addEventListener("scroll", this.place, { capture: true, passive: true })
  }

  update() {
    const { isOpen, found, index } = key.getState(this.editor.state)
    this.list.hidden = !isOpen
    if (!isOpen) return
    if (!this.list.isConnected) this.editor.view.dom.after(this.list)
    const options = found.map(({ name }, position) =>
      crel("li", {
        id: `${this.id}-${position}`,
        role: "option",
        "aria-selected": String(position === index),
        textContent: name,
      }),
    )
    this.list.replaceChildren(...options)
    this.place()
    options[index]?.scrollIntoView({ block: "nearest" })
  }

  // Below the line, or above it where there is more room, as on a phone with its keyboard.
  place() {
    const state = key.getState(this.editor.state)
    if (!state.isOpen) return
    const line = this.editor.view.coordsAtPos(state.from)
    const { height, offsetTop } = window.visualViewport ?? { height: innerHeight, offsetTop: 0 }
    const below = offsetTop + height - line.bottom
    const above = line.top - offsetTop
    const isBelow = below > Math.min(above, 280)
    const { style } = this.list
    style.left = `${Math.max(0, Math.min(line.left, innerWidth - this.list.offsetWidth - GAP))}px`
    style.top = isBelow ? `${line.bottom + GAP}px` : "auto"
    style.bottom = isBelow ? "auto" : `${innerHeight - line.top + GAP}px`
    style.maxHeight = `${Math.max((isBelow ? below : above) - 2 * GAP, 80)}px`
  }

  destroy() {
    removeEventListener("scroll", this.place, { capture: true })
    this.list.remove()
  }
}

const handleKey = (editor, view, event) => {
  const state = key.getState(view.state)
  if (!state.isOpen || event.isComposing) return false
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step) {
    const index = (state.index + step + state.found.length) % state.found.length
    view.dispatch(view.state.tr.setMeta(key, { index }))
  } else if (event.key === "Enter" || event.key === "Tab") insert(editor, state, state.found[state.index])
  else if (event.key === "Escape") view.dispatch(view.state.tr.setMeta(key, "close"))
  else return false
  return true
}

export const SlashMenu = Extension.create({
  name: "slashMenu",
  // Before the keys of lists, questions and tables.
  priority: 1000,

  addProseMirrorPlugins() {
    const { editor } = this
    menuCount += 1
    const id = `slash-menu-${menuCount}`
    return [
      new pm.state.Plugin({
        key,
        state: {
          init: () => CLOSED,
          apply: (transaction, previous, _old, state) => nextState(editor, transaction, previous, state),
        },
        view: () => new MenuView(editor, id),
        props: {
          attributes: (state) => {
            const { isOpen, index } = key.getState(state)
            return isOpen ? { "aria-controls": id, "aria-activedescendant": `${id}-${index}` } : {}
          },
          handleKeyDown: (view, event) => handleKey(editor, view, event),
          handleDOMEvents: {
            blur: (view) => {
              if (key.getState(view.state).isOpen) view.dispatch(view.state.tr.setMeta(key, "close"))
              return false
            },
          },
        },
      }),
    ]
  },
})
