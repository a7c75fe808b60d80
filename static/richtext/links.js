// Links: a dialog that finds own posts, categories and pages by their words, or takes any address. Before a word is
// typed it suggests posts like the one being written that its text does not link to yet.
//
// SiteLink  <a href="/stairs/">: addresses of this site are kept from the root, without its name
import { crel, gettext, Link } from "django-prose-editor/editor"

const SEARCH = "/admin/links/"
const SUGGESTED = 8

// What was typed, as an address; null when it is only words.
const addressOf = (typed, site) => {
  for (const own of [site, location.origin]) {
    const rest = typed.startsWith(own) ? typed.slice(own.length) : null
    if (own && rest !== null && /^([/?#]|$)/.test(rest)) return `/${rest.replace(/^\/+/, "")}`
  }
  if (/^(https?:\/\/|mailto:|tel:|\/|#)/i.test(typed)) return typed
  if (/^[^\s@]+@[^\s@]+\.\w+$/.test(typed)) return `mailto:${typed}`
  return /^[\w-]+(\.[\w-]+)+(\/\S*)?$/.test(typed) ? `https://${typed}` : null
}

// The post that is being written: its title as typed so far, and its key once it is saved.
const titleOf = () => document.getElementById("id_title")?.value ?? ""
const keyOf = () => location.pathname.match(/\/post\/(\d+)\/change\//)?.[1] ?? ""

let dialogs = 0

// Resolves to {href, title} of what was chosen, {href: null} to take the link away, or null.
const askForLink = (href, site, linked) =>
  new Promise((resolve) => {
    const id = `link-dialog-${++dialogs}`
    let active = -1
    let places = []
    let asked
    let delay

    const input = crel("input", {
      id,
      type: "text",
      value: href,
      autocomplete: "off",
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": `${id}-list`,
      "aria-describedby": `${id}-help`,
    })
    const list = crel("ul", { id: `${id}-list`, role: "listbox", "aria-label": gettext("Pages of your site") })
    const said = crel("p", { id: `${id}-help`, className: "help", role: "status" })
    const actions = [crel("button", { type: "submit", className: "is-main", textContent: gettext("Use") })]
    const action = (textContent, run) => {
      const element = crel("button", { type: "button", textContent })
      element.addEventListener("click", run)
      actions.push(element)
    }
    if (href) action(gettext("Take the link away"), () => end({ href: null }))
    action(gettext("Cancel"), () => end(null))
    const form = crel("form", {}, [
      crel("h3", { className: "prose-editor-dialog-title", textContent: gettext("Link") }),
      crel("label", { htmlFor: id, textContent: gettext("Words of a title, or an address (URL)") }),
      input,
      list,
      said,
      crel("div", { className: "prose-editor-dialog-buttons" }, actions),
    ])
    const className = "prose-editor-dialog link-dialog"
    const dialog = crel("dialog", { className, "aria-label": gettext("Link") }, [form])

    const end = (answer) => {
      clearTimeout(delay)
      asked?.abort()
      dialog.remove()
      resolve(answer)
    }
    const mark = (index) => {
      active = index
      for (const [at, option] of [...list.children].entries()) {
        option.setAttribute("aria-selected", at === index)
        if (at === index) option.scrollIntoView({ block: "nearest" })
      }
      if (index < 0) input.removeAttribute("aria-activedescendant")
      else input.setAttribute("aria-activedescendant", `${id}-${index}`)
    }
    const choose = ({ address, title }) => end({ href: address, title })
    const show = () => {
      list.replaceChildren(
        ...places.map((place, index) => {
          const kind = place.is_draft ? `${place.kind}, not public yet` : place.kind
          const option = crel("li", { id: `${id}-${index}`, role: "option" }, [
            crel("span", { textContent: place.title }),
            crel("small", { textContent: kind }),
          ])
          option.addEventListener("pointermove", () => mark(index))
          option.addEventListener("click", () => choose(place))
          return option
        }),
      )
      input.setAttribute("aria-expanded", places.length > 0)
      mark(-1)
    }
    const search = async () => {
      asked?.abort()
      asked = new AbortController()
      const typed = input.value.trim()
      const isWords = addressOf(typed, site) === null
      try {
        const asks = isWords && typed ? { q: typed } : { title: titleOf(), post: keyOf() }
        const answer = await fetch(`${SEARCH}?${new URLSearchParams(asks)}`, asked)
        places = (await answer.json()).places
        if (!asks.q) places = places.filter(({ address }) => !linked.has(address)).slice(0, SUGGESTED)
        said.textContent = places.length ? "" : gettext("Nothing of your site has these words in its title.")
      } catch (error) {
        if (error.name === "AbortError") return
        places = []
        said.textContent = gettext("The search does not answer. A whole address works all the same.")
      }
      show()
    }

    input.addEventListener("input", () => {
      clearTimeout(delay)
      delay = setTimeout(search, 150)
    })
    input.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      if (!step || !places.length) return
      event.preventDefault()
      // One more place than there are results: the field itself.
      mark(((active + 1 + step + places.length + 1) % (places.length + 1)) - 1)
    })
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      const typed = input.value.trim()
      const address = addressOf(typed, site)
      if (active >= 0) choose(places[active])
      else if (address !== null) end({ href: address, title: typed })
      else {
        clearTimeout(delay)
        const advice = gettext("Choose one of the list, or write a whole address such as https://example.com.")
        search().then(() => (said.textContent = advice))
      }
    })
    dialog.addEventListener("close", () => end(null))
    document.body.append(dialog)
    dialog.showModal()
    input.select()
    search()
  })

export const SiteLink = Link.extend({
  addOptions() {
    return { ...this.parent?.(), site: "" }
  },

  addCommands() {
    return {
      ...this.parent?.(),
      addLink:
        () =>
        ({ editor, dispatch }) => {
          if (!dispatch) return true
          const isInside = editor.isActive(this.name)
          const links = editor.view.dom.querySelectorAll("a[href]")
          const linked = new Set(Array.from(links, (link) => link.getAttribute("href").split("#")[0]))
          askForLink(editor.getAttributes(this.name).href ?? "", this.options.site, linked).then((answer) => {
            const chain = editor.chain().focus()
            if (!answer) chain.run()
            else if (answer.href === null) chain.extendMarkRange(this.name).unsetLink().run()
            else if (isInside) chain.extendMarkRange(this.name).updateAttributes(this.name, { href: answer.href }).run()
            else if (!editor.state.selection.empty) chain.setMark(this.name, { href: answer.href }).run()
            else {
              const marks = [{ type: this.name, attrs: { href: answer.href } }]
              chain.insertContent({ type: "text", text: answer.title, marks }).unsetMark(this.name).run()
            }
          })
          return true
        },
    }
  },

  addMenuItems(context) {
    this.parent?.(context)
    for (const item of context.menu.items("link")) if (item.name === "link") item.enabled = () => true
  },
})
