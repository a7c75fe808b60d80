// The citation dialog: search the library of references, or paste new ones. Several can be chosen for one place.
import { crel, gettext } from "django-prose-editor/editor"
import { adminUrl } from "../admin_theme/admin-urls.js"
import { looksPasted } from "./citation-text.js"

const SEARCH_DELAY = 150

class CitationDialog {
  // Call `onClose` with the chosen references, or with null to change nothing.
  constructor(chosen, onClose) {
    this.chosen = [...chosen]
    this.onClose = onClose
    this.build()
    this.input.addEventListener("input", () => this.searchSoon())
    this.input.addEventListener("keydown", (event) => this.handleKey(event))
    this.form.addEventListener("submit", (event) => {
      event.preventDefault()
      this.close(this.chosen)
    })
    this.dialog.addEventListener("close", () => this.close(null))
  }

  build() {
    this.input = crel("textarea", { id: "citation-search", rows: 3, spellcheck: false })
    this.input.setAttribute("aria-describedby", "citation-status")
    this.results = crel("ul", { className: "citation-results", "aria-label": gettext("Found references") })
    this.selection = crel("ul", { className: "citation-selection", "aria-label": gettext("Chosen references") })
    this.status = crel("p", { id: "citation-status", className: "help", role: "status" })
    this.add = this.createButton(gettext("Add to the library and choose"), () => this.insert())
    this.add.hidden = true
    const cancel = this.createButton(gettext("Cancel"), () => this.close(null))
    const submit = crel("button", { type: "submit", className: "is-primary", textContent: gettext("Save citation") })
    const label = gettext("Search your references, or paste a PMID, DOI or whole citation")
    this.form = crel("form", {}, [
      crel("h3", { className: "prose-editor-dialog-title", textContent: gettext("Citation") }),
      crel("label", { htmlFor: "citation-search", textContent: label }),
      this.input,
      this.add,
      this.status,
      this.results,
      this.selection,
      crel("div", { className: "prose-editor-dialog-buttons" }, [submit, cancel]),
    ])
    const className = "prose-editor-dialog citation-dialog"
    this.dialog = crel("dialog", { className, "aria-label": gettext("Citation") }, [this.form])
  }

  createButton(textContent, action) {
    const element = crel("button", { type: "button", textContent })
    element.addEventListener("click", action)
    return element
  }

  open() {
    document.body.append(this.dialog)
    this.dialog.showModal()
    this.input.focus()
    this.renderSelection()
    this.search()
  }

  close(answer) {
    clearTimeout(this.timer)
    this.request?.abort()
    this.dialog.remove()
    this.onClose(answer)
    this.onClose = () => {}
  }

  // Enter adds what was pasted or chooses the first result; it never starts a new line.
  handleKey(event) {
    if (event.key !== "Enter" || event.shiftKey) return
    event.preventDefault()
    const first = this.results.querySelector("button")
    if (!this.input.value.trim()) this.close(this.chosen)
    else if (this.add.hidden && first) first.click()
    else this.insert()
  }

  searchSoon() {
    clearTimeout(this.timer)
    this.add.hidden = !looksPasted(this.input.value)
    this.timer = setTimeout(() => this.search(), SEARCH_DELAY)
  }

  async search() {
    this.request?.abort()
    this.request = new AbortController()
    const q = this.input.value.trim().slice(0, 200)
    try {
      const url = `${adminUrl("referenceFindUrl")}?${new URLSearchParams({ q })}`
      const response = await fetch(url, { signal: this.request.signal })
      this.render((await response.json()).sources)
    } catch (error) {
      if (error.name !== "AbortError") this.status.textContent = gettext("The search is not available.")
    }
  }

  render(references) {
    const isEmpty = !references.length && this.add.hidden
    this.status.textContent = isEmpty ? gettext("No reference has these words. Paste the citation to add it.") : ""
    const items = references.map((reference) => {
      const element = this.createButton(reference.name, () => this.choose(reference))
      return crel("li", {}, [element])
    })
    this.results.replaceChildren(...items)
  }

  choose(...references) {
    for (const reference of references) {
      if (!this.chosen.some(({ id }) => id === reference.id)) this.chosen.push(reference)
    }
    this.input.value = ""
    this.add.hidden = true
    this.renderSelection()
    this.search()
    this.input.focus()
  }

  renderSelection() {
    const items = this.chosen.map((reference) => {
      const remove = this.createButton(gettext("Remove"), () => {
        this.chosen = this.chosen.filter((other) => other !== reference)
        this.renderSelection()
        this.input.focus()
      })
      remove.setAttribute("aria-label", `${gettext("Remove")} ${reference.label}`)
      return crel("li", {}, [crel("span", { textContent: reference.name }), remove])
    })
    this.selection.replaceChildren(...items)
  }

  async insert() {
    const body = new FormData()
    const token = document.querySelector("form [name=csrfmiddlewaretoken]").value
    body.set("csrfmiddlewaretoken", token)
    // A little more than the server takes, so that it can say what the limit is.
    body.set("text", this.input.value.slice(0, 250_000))
    this.add.disabled = true
    try {
      const response = await fetch(adminUrl("referenceInsertUrl"), { method: "POST", body })
      const answer = await response.json()
      if (answer.problem) this.status.textContent = answer.problem
      else this.choose(...answer.sources)
    } catch {
      this.status.textContent = gettext("The reference could not be saved. Check your connection and sign-in.")
    }
    this.add.disabled = false
  }
}

export const askForReferences = (chosen) => new Promise((resolve) => new CitationDialog(chosen, resolve).open())
