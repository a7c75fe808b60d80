// Boxes for images on their way to the library. They are drawn between the blocks of the text and are no part of it, so
// that neither autosave nor undo ever sees one.
import { crel, gettext, pm } from "django-prose-editor/editor"
import { button } from "./editor-ui.js"

const key = new pm.state.PluginKey("pendingImages")
let lastId = 0

const place = (pending) =>
  pm.view.Decoration.widget(pending.position, pending.box.dom, {
    key: String(pending.id),
    side: 1,
    stopEvent: () => true,
    ignoreSelection: true,
  })

export const pendingPlugin = () =>
  new pm.state.Plugin({
    key,
    state: {
      init: () => [],
      apply(transaction, boxes) {
        const moved = boxes.map((each) => ({ ...each, position: transaction.mapping.map(each.position) }))
        const change = transaction.getMeta(key)
        return change ? change(moved) : moved
      },
    },
    props: {
      decorations: (state) => pm.view.DecorationSet.create(state.doc, key.getState(state).map(place)),
    },
  })

// Return the position nearest to `position` that allows a figure without splitting a paragraph.
const placeFor = (state, position, figure) => {
  const slice = new pm.model.Slice(pm.model.Fragment.from(figure), 0, 0)
  return pm.transform.dropPoint(state.doc, position, slice) ?? state.doc.content.size
}

export class PendingImage {
  constructor(view, name, position) {
    this.view = view
    this.id = ++lastId
    this.name = name
    this.controller = new AbortController()
    this.bar = crel("progress", { max: 1, "aria-label": `${gettext("Adding")} ${name}` })
    this.line = crel("p", { role: "status" })
    this.buttons = crel("span", { className: "pending-buttons" })
    this.dom = crel("div", { className: "pending-image", contentEditable: "false" }, [this.line, this.buttons])
    const figure = view.state.schema.nodes.figure.create()
    const entry = { id: this.id, box: this, position: placeFor(view.state, position, figure) }
    view.dispatch(view.state.tr.setMeta(key, (boxes) => [...boxes, entry]))
  }

  showProgress(fraction) {
    if (!this.bar.isConnected) {
      this.dom.classList.remove("pending-image--failed")
      this.line.replaceChildren(this.name, this.bar)
      this.buttons.replaceChildren(button(gettext("Cancel"), () => this.cancel(), `${gettext("Cancel")} ${this.name}`))
    }
    // After the last byte the server still processes the file.
    if (fraction < 1) this.bar.value = fraction
    else this.bar.removeAttribute("value")
  }

  // Show a sentence until the author closes it or tries again.
  fail(sentence, retry) {
    this.dom.classList.add("pending-image--failed")
    this.line.textContent = sentence
    const retryButton = retry ? [button(gettext("Try again"), retry)] : []
    this.buttons.replaceChildren(
      ...retryButton,
      button(gettext("Dismiss"), () => this.remove()),
    )
  }

  cancel() {
    this.controller.abort()
    this.remove()
  }

  get isCancelled() {
    return this.controller.signal.aborted || this.view.isDestroyed
  }

  removeFrom(transaction) {
    return transaction.setMeta(key, (boxes) => boxes.filter(({ id }) => id !== this.id))
  }

  remove() {
    this.view.dispatch(this.removeFrom(this.view.state.tr))
    this.view.focus()
  }

  // Put the figure where the box is, as a separate step of the history.
  replaceWith(content) {
    const { state } = this.view
    const { position } = key.getState(state).find(({ id }) => id === this.id)
    const figure = state.schema.nodeFromJSON(content)
    const transaction = pm.history.closeHistory(state.tr).insert(placeFor(state, position, figure), figure)
    this.view.dispatch(this.removeFrom(transaction))
    this.view.dispatch(pm.history.closeHistory(this.view.state.tr))
  }
}
