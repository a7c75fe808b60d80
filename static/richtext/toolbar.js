// ToolbarLabels: plain names, shortcuts and ARIA attributes for the toolbar, and one row of the tools in frequent use.
import { Extension, gettext } from "django-prose-editor/editor"
import { readItem, writeItem } from "../publishing/storage.js"
import { TOOLBAR_LABELS, tooltip } from "./toolbar-labels.js"

// Shown after “More tools”.
const RARE = new Set([
  "heading4",
  "strike",
  "superscript",
  "subscript",
  "code",
  "codeBlock",
  "horizontalRule",
  "blockquote",
  "gallery",
  "snippet",
  "product",
  "question",
  "convertReferences",
  "find",
])
const CHOICE = "editor-tools"

const labelItem = (item) => {
  const { button, update } = item
  const label = TOOLBAR_LABELS[item.name]
  if (label) {
    button.setAttribute("aria-label", gettext(label[0]))
    button.title = tooltip(label)
  }
  item.update = (editor) => {
    update(editor)
    if (item.active(editor)) button.setAttribute("aria-pressed", "true")
    else button.removeAttribute("aria-pressed")
  }
}

const showMore = (dom, isMore) => {
  dom.classList.toggle("is-compact", !isMore)
  dom.querySelector(".is-more-tools")?.setAttribute("aria-expanded", String(isMore))
}

export const ToolbarLabels = Extension.create({
  name: "toolbarLabels",
  // Run after the extensions that add toolbar items.
  priority: 1,

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "more",
      groups: "utility",
      button: buttons.material("more_horiz", gettext("More tools")),
      command: ({ storage }) => {
        const { dom } = storage.menu
        const isMore = dom.classList.contains("is-compact")
        writeItem(localStorage, CHOICE, isMore ? "all" : "")
        showMore(dom, isMore)
      },
    })
    for (const item of menu.items("headings marks link lists nodes blockType table history utility")) {
      labelItem(item)
      item.button.classList.toggle("is-rare", RARE.has(item.name))
      item.button.classList.toggle("is-more-tools", item.name === "more")
      if (item.name === "paragraph") item.groups.add("headings")
    }
  },

  onCreate({ editor }) {
    const { dom } = editor.storage.menu
    dom.setAttribute("role", "toolbar")
    dom.setAttribute("aria-label", gettext("Text formatting"))
    showMore(dom, readItem(localStorage, CHOICE) === "all")
    editor.view.dom.setAttribute("aria-label", gettext("Text"))
    editor.view.dom.setAttribute("aria-multiline", "true")
  },
})
