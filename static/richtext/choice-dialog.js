// A dialog that chooses one entry of a list by its words: a combobox with a listbox of cards.
import { crel, gettext } from "django-prose-editor/editor"
import { matchingEntries } from "./match-words.js"

const MAX_SHOWN = 50

let dialogCount = 0

const card = ({ name, detail, image }) => [
  image ? crel("img", { src: image, alt: "", loading: "lazy" }) : crel("span", { className: "choice-blank" }),
  crel("span", {}, [crel("b", { textContent: name }), crel("small", { textContent: detail ?? "" })]),
]

class ChoiceDialog {
  // `entries` have a name, and optionally a detail and the URL of an image. `createTools` returns more elements; it gets a
  // function that closes the dialog with another entry.
  constructor({ title, label, entries, createTools }, onClose) {
    dialogCount += 1
    this.id = `choice-dialog-${dialogCount}`
    this.entries = entries
    this.onClose = onClose
    this.build(title, label, createTools?.((entry) => this.close(entry)) ?? [])
    this.input.addEventListener("input", () => this.render())
    this.input.addEventListener("keydown", (event) => this.move(event))
    this.form.addEventListener("submit", (event) => {
      event.preventDefault()
      if (this.found[this.activeIndex]) this.close(this.found[this.activeIndex])
    })
    this.dialog.addEventListener("close", () => this.close(null))
  }

  build(title, label, tools) {
    this.input = crel("input", {
      id: this.id,
      type: "search",
      autocomplete: "off",
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "true",
      "aria-controls": `${this.id}-list`,
      "aria-describedby": `${this.id}-status`,
    })
    this.list = crel("ul", { id: `${this.id}-list`, role: "listbox", "aria-label": title })
    this.status = crel("p", { id: `${this.id}-status`, className: "help", role: "status" })
    const cancel = crel("button", { type: "button", textContent: gettext("Cancel") })
    cancel.addEventListener("click", () => this.close(null))
    const submit = crel("button", { type: "submit", className: "is-primary", textContent: gettext("Insert") })
    this.form = crel("form", {}, [
      crel("h3", { className: "prose-editor-dialog-title", textContent: title }),
      crel("label", { htmlFor: this.id, textContent: label }),
      this.input,
      this.list,
      this.status,
      ...tools,
      crel("div", { className: "prose-editor-dialog-buttons" }, [submit, cancel]),
    ])
    this.dialog = crel("dialog", { className: "prose-editor-dialog choice-dialog", "aria-label": title }, [this.form])
  }

  open() {
    document.body.append(this.dialog)
    this.dialog.showModal()
    this.input.focus()
    this.render()
  }

  close(entry) {
    this.dialog.remove()
    this.onClose(entry)
  }

  render() {
    const all = matchingEntries(this.entries, this.input.value)
    this.found = all.slice(0, MAX_SHOWN)
    this.list.replaceChildren(...this.found.map((entry, index) => this.createOption(entry, index)))
    const more = all.length - this.found.length
    if (more) this.status.textContent = gettext("Type more words to see the others.")
    else if (!this.entries.length) this.status.textContent = gettext("There are none yet.")
    else this.status.textContent = this.found.length ? "" : gettext("None has these words in its name.")
    this.activate(this.found.length ? 0 : -1)
  }

  createOption(entry, index) {
    const option = crel("li", { id: `${this.id}-${index}`, role: "option" }, card(entry))
    option.addEventListener("pointermove", () => this.activate(index))
    option.addEventListener("click", () => this.close(entry))
    return option
  }

  activate(index) {
    this.activeIndex = index
    for (const [position, option] of [...this.list.children].entries()) {
      option.setAttribute("aria-selected", position === index)
      if (position === index) option.scrollIntoView({ block: "nearest" })
    }
    if (index < 0) this.input.removeAttribute("aria-activedescendant")
    else this.input.setAttribute("aria-activedescendant", `${this.id}-${index}`)
  }

  move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step || !this.found.length) return
    event.preventDefault()
    this.activate((this.activeIndex + step + this.found.length) % this.found.length)
  }
}

// Resolve to the chosen entry, or to null.
export const chooseEntry = (options) => new Promise((resolve) => new ChoiceDialog(options, resolve).open())
