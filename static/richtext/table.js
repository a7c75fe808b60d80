// TitledTable  a table whose caption survives editing
import { gettext, Table, updateAttrsDialog } from "django-prose-editor/editor"

const askForCaption = async (editor) => {
  const fields = { caption: { type: "string", title: gettext("Caption") } }
  const options = { title: gettext("Table caption"), submitText: gettext("Save") }
  const answer = await updateAttrsDialog(fields, options)(editor, {
    caption: editor.getAttributes("table").caption ?? "",
  })
  if (answer) {
    const caption = answer.caption.trim() || null
    editor.chain().focus().updateAttributes("table", { caption }).run()
  }
}

export const TitledTable = Table.extend({
  addAttributes() {
    return {
      ...this.parent?.(),
      caption: {
        default: null,
        parseHTML: (element) => element.querySelector("caption")?.textContent.trim() || element.dataset.caption || null,
        renderHTML: ({ caption }) => (caption ? { "data-caption": caption } : {}),
      },
    }
  },

  parseHTML() {
    return [{ tag: "table" }, { tag: "caption", ignore: true }]
  },

  addMenuItems(context) {
    this.parent?.(context)
    context.menu.defineItem({
      name: "table:caption",
      groups: "table",
      button: context.buttons.material("title", gettext("Table caption")),
      hidden: (editor) => !editor.isActive("table"),
      command: askForCaption,
    })
  },
})
