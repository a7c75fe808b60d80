// Tags as chips: Enter or a comma adds one, and the browser suggests those that exist. The field itself stays a text.
import { cleanTags, formatTags, parseTags } from "./tag-text.js"

class TagChips {
  constructor(field) {
    this.field = field
    this.tags = parseTags(field.value)
    this.list = document.createElement("ul")
    this.list.className = "tag-chips"
    this.input = document.createElement("input")
    Object.assign(this.input, { type: "text", id: `${field.id}_new`, autocomplete: "off", placeholder: "Add a tag" })
    this.input.setAttribute("list", `${field.id}_names`)
    this.names = document.createElement("datalist")
    this.names.id = `${field.id}_names`
  }

  start() {
    const label = this.field.labels[0]
    if (label) label.htmlFor = this.input.id
    const help = this.field.getAttribute("aria-describedby")
    if (help) this.input.setAttribute("aria-describedby", help)
    this.field.type = "hidden"
    this.field.after(this.list, this.input, this.names)
    this.input.addEventListener("focus", () => this.loadNames(), { once: true })
    this.input.addEventListener("keydown", (event) => this.handleKey(event))
    this.input.addEventListener("input", (event) => this.handleInput(event))
    this.input.addEventListener("blur", () => this.add())
    this.field.addEventListener("editor:adopted", () => {
      this.tags = parseTags(this.field.value)
      this.render()
    })
    this.render()
  }

  async loadNames() {
    const response = await fetch(this.field.dataset.tagNamesUrl)
    if (!response.ok || response.redirected) return
    for (const value of await response.json()) this.names.append(new Option("", value))
  }

  handleKey(event) {
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault()
      this.add()
    } else if (event.key === "Backspace" && !this.input.value) {
      this.change(this.tags.slice(0, -1))
    }
  }

  handleInput(event) {
    // A pasted list of tags, or a suggestion that was clicked.
    if (this.input.value.includes(",") || event.inputType === "insertReplacementText" || !event.inputType) this.add()
  }

  add() {
    const typed = this.input.value.split(",")
    this.input.value = ""
    const tags = cleanTags([...this.tags, ...typed])
    if (tags.length !== this.tags.length) this.change(tags)
  }

  change(tags) {
    this.tags = tags
    this.field.value = formatTags(tags)
    this.render()
    this.field.dispatchEvent(new Event("change", { bubbles: true }))
  }

  render() {
    this.list.replaceChildren(...this.tags.map((tag) => this.createChip(tag)))
  }

  createChip(tag) {
    const chip = document.createElement("li")
    const button = document.createElement("button")
    Object.assign(button, { type: "button", textContent: "✕" })
    button.setAttribute("aria-label", `Remove ${tag}`)
    button.addEventListener("click", () => {
      this.change(this.tags.filter((other) => other !== tag))
      this.input.focus()
    })
    chip.append(tag, button)
    return chip
  }
}

export const startTagChips = (form) => {
  for (const field of form.querySelectorAll("[data-tag-names-url]")) new TagChips(field).start()
}
