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

const MAX_ROWS = 100
const MAX_COLUMNS = 12

// The headings are on: a table without them is hard to read, and screen readers cannot name its cells.
const askForTable = (editor) =>
  updateAttrsDialog(
    {
      rows: { type: "number", format: "number", title: gettext("Rows"), min: "1", max: String(MAX_ROWS) },
      cols: { type: "number", format: "number", title: gettext("Columns"), min: "1", max: String(MAX_COLUMNS) },
      withHeaderRow: { type: "boolean", title: gettext("First row is headings") },
    },
    { title: gettext("Table"), submitText: gettext("Insert table") },
  )(editor, { rows: "3", cols: "3", withHeaderRow: true })

const insertTable = async (editor) => {
  const answer = await askForTable(editor)
  if (!answer) return
  const count = (text, most) => Math.min(Math.max(Number(text) || 1, 1), most)
  const rows = count(answer.rows, MAX_ROWS)
  const cols = count(answer.cols, MAX_COLUMNS)
  editor.chain().focus().insertTable({ rows, cols, withHeaderRow: answer.withHeaderRow }).run()
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

  addCommands() {
    return {
      ...this.parent?.(),
      // The library's own toolbar button calls this.
      insertTableWithOptions:
        () =>
        ({ editor, dispatch }) => {
          if (dispatch) insertTable(editor)
          return true
        },
    }
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
