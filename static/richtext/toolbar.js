// ToolbarLabels: plain names, shortcuts and ARIA attributes for the toolbar.
import { Extension, gettext } from "django-prose-editor/editor"
import { TOOLBAR_LABELS, tooltip } from "./toolbar-labels.js"

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

export const ToolbarLabels = Extension.create({
  name: "toolbarLabels",
  // Run after the extensions that add toolbar items.
  priority: 1,

  addMenuItems({ menu }) {
    for (const item of menu.items("headings marks link lists nodes blockType table history utility")) {
      labelItem(item)
      if (item.name === "paragraph") item.groups.add("headings")
    }
  },

  onCreate({ editor }) {
    const { dom } = editor.storage.menu
    dom.setAttribute("role", "toolbar")
    dom.setAttribute("aria-label", gettext("Text formatting"))
    editor.view.dom.setAttribute("aria-label", gettext("Text"))
    editor.view.dom.setAttribute("aria-multiline", "true")
  },
})
