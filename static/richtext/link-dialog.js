// The link dialog: a combobox that searches posts, pages and paid links by title, or takes any URL. Before the author
// types, it suggests posts related to the one being edited that its text does not link to yet.
import { crel, gettext } from "django-prose-editor/editor"
import { adminUrl } from "../admin_theme/admin-urls.js"
import { parseLinkTarget } from "./link-target.js"

const SUGGESTION_COUNT = 8
const SEARCH_DELAY = 150

// The post being edited: its current title, and its id once it has been saved.
const currentPost = () => {
  const { model, objectId } = document.querySelector("[data-autosave-url]")?.dataset ?? {}
  return {
    title: document.getElementById("id_title")?.value ?? "",
    post: model === "blog.post" ? objectId : "",
  }
}

let dialogCount = 0

class LinkDialog {
  // Call `onClose` with {href, title}, with {href: null} to remove the link, or with null to change nothing.
  constructor(href, siteUrl, linkedPaths, onClose) {
    dialogCount += 1
    this.id = `link-dialog-${dialogCount}`
    this.siteUrls = [siteUrl, location.origin]
    this.linkedPaths = linkedPaths
    this.onClose = onClose
    this.activeIndex = -1
    this.results = []
    this.build(href)
    this.input.addEventListener("input", () => this.searchSoon())
    this.input.addEventListener("keydown", (event) => this.moveSelection(event))
    this.form.addEventListener("submit", (event) => {
      event.preventDefault()
      this.submit()
    })
    this.dialog.addEventListener("close", () => this.close(null))
  }

  build(href) {
    this.input = crel("input", {
      id: this.id,
      type: "text",
      value: href,
      autocomplete: "off",
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": `${this.id}-list`,
      "aria-describedby": `${this.id}-help`,
    })
    this.list = crel("ul", { id: `${this.id}-list`, role: "listbox", "aria-label": gettext("Pages of your site") })
    this.status = crel("p", { id: `${this.id}-help`, className: "help", role: "status" })
    this.form = crel("form", {}, [
      crel("h3", { className: "prose-editor-dialog-title", textContent: gettext("Link") }),
      crel("label", { htmlFor: this.id, textContent: gettext("Search by title, or enter a URL") }),
      this.input,
      this.list,
      this.status,
      crel("div", { className: "prose-editor-dialog-buttons" }, this.createButtons(href)),
    ])
    const className = "prose-editor-dialog link-dialog"
    this.dialog = crel("dialog", { className, "aria-label": gettext("Link") }, [this.form])
  }

  createButtons(href) {
    const createButton = (textContent, answer) => {
      const element = crel("button", { type: "button", textContent })
      element.addEventListener("click", () => this.close(answer))
      return element
    }
    const submit = crel("button", { type: "submit", className: "is-primary", textContent: gettext("Save link") })
    const remove = href ? [createButton(gettext("Remove link"), { href: null })] : []
    return [submit, ...remove, createButton(gettext("Cancel"), null)]
  }

  open() {
    document.body.append(this.dialog)
    this.dialog.showModal()
    this.input.select()
    this.search()
  }

  close(answer) {
    clearTimeout(this.searchTimer)
    this.request?.abort()
    this.dialog.remove()
    this.onClose(answer)
  }

  choose({ url, title }) {
    this.close({ href: url, title })
  }

  submit() {
    const typed = this.input.value.trim()
    const href = parseLinkTarget(typed, this.siteUrls)
    if (this.activeIndex >= 0) return this.choose(this.results[this.activeIndex])
    if (href !== null) return this.close({ href, title: typed })
    clearTimeout(this.searchTimer)
    return this.search().then(() => {
      this.status.textContent = gettext("Choose a page from the list, or enter a full URL such as https://example.com.")
    })
  }

  searchSoon() {
    clearTimeout(this.searchTimer)
    this.searchTimer = setTimeout(() => this.search(), SEARCH_DELAY)
  }

  async search() {
    this.request?.abort()
    this.request = new AbortController()
    const typed = this.input.value.trim()
    const isSearch = typed && parseLinkTarget(typed, this.siteUrls) === null
    try {
      this.results = await this.fetchSuggestions(isSearch ? { q: typed } : currentPost())
      if (!isSearch) this.results = this.suggestions()
      this.status.textContent = this.results.length ? "" : gettext("No page of your site has these words in its title.")
    } catch (error) {
      if (error.name === "AbortError") return
      this.results = []
      this.status.textContent = gettext("The search is not available. You can still enter a full URL.")
    }
    this.render()
  }

  async fetchSuggestions(query) {
    const url = `${adminUrl("linkSearchUrl")}?${new URLSearchParams(query)}`
    const response = await fetch(url, { signal: this.request.signal })
    return (await response.json()).suggestions
  }

  suggestions() {
    return this.results.filter(({ url }) => !this.linkedPaths.has(url)).slice(0, SUGGESTION_COUNT)
  }

  render() {
    this.list.replaceChildren(...this.results.map((suggestion, index) => this.createOption(suggestion, index)))
    this.input.setAttribute("aria-expanded", this.results.length > 0)
    this.activate(-1)
  }

  createOption(suggestion, index) {
    const kind = suggestion.is_draft ? `${suggestion.kind} (${gettext("not public yet")})` : suggestion.kind
    const option = crel("li", { id: `${this.id}-${index}`, role: "option" }, [
      crel("span", { textContent: suggestion.title }),
      crel("small", { textContent: kind }),
    ])
    option.addEventListener("pointermove", () => this.activate(index))
    option.addEventListener("click", () => this.choose(suggestion))
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

  moveSelection(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step || !this.results.length) return
    event.preventDefault()
    // The input itself counts as one more position, so the arrow keys cycle through it.
    const positions = this.results.length + 1
    this.activate(((this.activeIndex + 1 + step + positions) % positions) - 1)
  }
}

export const askForLink = (href, siteUrl, linkedPaths) =>
  new Promise((resolve) => new LinkDialog(href, siteUrl, linkedPaths, resolve).open())
