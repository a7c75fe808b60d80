// Citation  <sup data-cite="12 15"></sup>
// Cites references of the library. The server numbers citations by first use; the editor shows authors and years.
import { crel, gettext, Node, updateAttrsDialog } from "django-prose-editor/editor"
import { adminUrl } from "../admin_theme/admin-urls.js"
import { askForReferences } from "./citation-dialog.js"

const insertCitation = (editor, type) => {
  const { selection } = editor.state
  const selected = selection.node?.type.name === type ? selection.node : null
  askForReferences(selected ? toReferences(selected.attrs) : []).then((references) => {
    if (!references) return editor.commands.focus()
    const attrs = toAttributes(references)
    if (selected && !references.length) return editor.chain().focus().deleteSelection().run()
    if (selected) return editor.chain().focus().updateAttributes(type, attrs).run()
    if (!references.length) return editor.commands.focus()
    // After the selection, so that no text is replaced.
    return editor.chain().focus().insertContentAt(selection.to, { type, attrs }).run()
  })
}

const toAttributes = (references) => ({
  ids: references.map(({ id }) => id).join(" "),
  label: references.map(({ label }) => label).join("; "),
})

const toReferences = ({ ids, label }) => {
  const labels = label.split("; ")
  return ids.split(" ").map((id, index) => ({ id: Number(id), label: labels[index] ?? id, name: labels[index] ?? id }))
}

const showMessage = (editor, message) =>
  updateAttrsDialog({}, { title: message, submitText: gettext("OK") })(editor, {})

const convertTypedReferences = async (editor) => {
  const body = new FormData()
  const token = editor.view.dom.closest("form").querySelector("[name=csrfmiddlewaretoken]").value
  body.set("csrfmiddlewaretoken", token)
  body.set("body", editor.getHTML())
  try {
    const response = await fetch(adminUrl("referenceConvertUrl"), { method: "POST", body })
    const answer = await response.json()
    // One step, so that Undo brings the typed list back.
    if (answer.count) editor.commands.setContent(answer.body, { emitUpdate: true })
    await showMessage(editor, answer.message)
  } catch {
    await showMessage(editor, gettext("The list could not be converted. Check your connection and sign-in."))
  }
}

export const Citation = Node.create({
  name: "citation",
  group: "inline",
  inline: true,
  atom: true,
  selectable: true,
  draggable: true,

  addAttributes() {
    const attribute = (htmlName) => ({
      default: "",
      parseHTML: (element) => element.getAttribute(htmlName) ?? "",
      renderHTML: () => ({}),
    })
    return { ids: attribute("data-cite"), label: attribute("data-label") }
  },

  // Before the superscript mark, which takes every other <sup>.
  parseHTML() {
    return [{ tag: "sup[data-cite]", priority: 100 }]
  },

  renderHTML({ node: { attrs } }) {
    return ["sup", { "data-cite": attrs.ids, "data-label": attrs.label }]
  },

  renderText() {
    return ""
  },

  addNodeView() {
    return ({ node, editor, getPos }) => {
      const dom = crel("span", {
        className: "citation-chip",
        contentEditable: "false",
        title: gettext("Double-click to change"),
        textContent: node.attrs.label || node.attrs.ids,
      })
      dom.addEventListener("dblclick", () => {
        editor.commands.setNodeSelection(getPos())
        insertCitation(editor, this.name)
      })
      return { dom }
    }
  },

  addCommands() {
    return {
      insertCitation:
        () =>
        ({ editor, dispatch }) => {
          if (dispatch) insertCitation(editor, this.name)
          return true
        },
      convertTypedReferences:
        () =>
        ({ editor, dispatch }) => {
          if (dispatch) convertTypedReferences(editor)
          return true
        },
    }
  },

  addKeyboardShortcuts() {
    return { "Mod-Alt-r": () => this.editor.commands.insertCitation() }
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "citation",
      groups: "nodes",
      button: buttons.material("menu_book", gettext("Citation")),
      command: (editor) => editor.commands.insertCitation(),
      active: (editor) => editor.isActive("citation"),
    })
    menu.defineItem({
      name: "convertReferences",
      groups: "nodes",
      button: buttons.material("playlist_add_check", gettext("Turn typed references into citations")),
      command: (editor) => editor.commands.convertTypedReferences(),
    })
  },
})
