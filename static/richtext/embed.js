// Embed  <div data-embed="snippet" data-id="3"></div>
// A labeled box. Kinds without a label here pass through unchanged.
import { crel, gettext, Node, updateAttrsDialog } from "django-prose-editor/editor"
import { adminUrl } from "../admin_theme/admin-urls.js"
import { chooseEntry } from "./choice-dialog.js"
import { button, insertAfterSelection, removeNode } from "./editor-ui.js"
import { askForExercise } from "./exercise-dialog.js"
import { createFileUpload } from "./file-upload.js"

const LABELS = {
  snippet: gettext("Snippet"),
  video: gettext("Video"),
  product: gettext("Product"),
  comparison: gettext("Comparison"),
  sponsorship: gettext("Gift or sponsor"),
  exercise: gettext("Exercise"),
  file: gettext("File"),
}

// Lists to choose from: the URL answers with id and name, and with the kind if a list holds several.
const SNIPPETS = {
  url: "snippetListUrl",
  title: gettext("Snippet"),
  empty: gettext("There are no snippets yet. Add one under Snippets in the admin."),
}
const PRODUCTS = {
  url: "productListUrl",
  title: gettext("Product, comparison or disclosure of a gift"),
  empty: gettext("There are no products yet. Add one under Products in the admin."),
}
const FILES = {
  url: "fileListUrl",
  title: gettext("File to download"),
  createTools: createFileUpload,
}
const LIST_OF = { snippet: SNIPPETS, product: PRODUCTS, comparison: PRODUCTS, sponsorship: PRODUCTS, file: FILES }

// An error counts as an empty list, because the author can do nothing else about it.
const fetchEntries = async (list) => {
  try {
    const response = await fetch(adminUrl(list.url), { headers: { Accept: "application/json" } })
    const entries = response.ok ? await response.json() : []
    return entries.map((entry) => ({ kind: "snippet", ...entry }))
  } catch {
    return []
  }
}

const askForEntry = async (editor, list) => {
  const entries = await fetchEntries(list)
  if (!entries.length && list.empty) {
    await updateAttrsDialog({}, { title: list.empty, submitText: gettext("OK") })(editor, {})
    return null
  }
  const cards = entries.map((entry) => ({ ...entry, detail: describe(entry, list) }))
  const label = gettext("Search by words of the name")
  const createTools = list.createTools && ((close) => list.createTools(editor, close))
  return chooseEntry({ title: list.title, label, entries: cards, createTools })
}

// Of a product its shops, of other entries what they are.
const describe = ({ kind, detail }, list) => {
  if (list === SNIPPETS) return ""
  if (list === FILES) return detail
  return detail ? `${LABELS[kind]} · ${detail}` : LABELS[kind]
}

// Return the command that inserts an entry of `list` as a node of `type`.
const insertFrom =
  (list, type) =>
  () =>
  ({ editor, dispatch }) => {
    if (!dispatch) return true
    askForEntry(editor, list).then((entry) => {
      if (!entry) return editor.commands.focus()
      const attrs = { kind: entry.kind, id: String(entry.id), title: entry.name }
      return insertAfterSelection(editor, { type, attrs })
    })
    return true
  }

export const Embed = Node.create({
  name: "embed",
  group: "block",
  atom: true,
  draggable: true,

  addAttributes() {
    const attribute = (name, htmlName) => ({
      default: "",
      parseHTML: (element) => element.getAttribute(htmlName) ?? "",
      renderHTML: (attrs) => (attrs[name] ? { [htmlName]: attrs[name] } : {}),
    })
    return {
      kind: attribute("kind", "data-embed"),
      id: attribute("id", "data-id"),
      title: attribute("title", "data-title"),
    }
  },

  // Nodes for one kind, such as videos, take precedence.
  parseHTML() {
    return [{ tag: "div[data-embed]", priority: 40 }]
  },

  renderHTML({ HTMLAttributes }) {
    return ["div", HTMLAttributes]
  },

  addNodeView() {
    return ({ node, editor, getPos }) => {
      const { kind, id, title } = node.attrs
      const name = crel("span", { textContent: title || id })
      if (LIST_OF[kind] && !title) {
        fetchEntries(LIST_OF[kind]).then((entries) => {
          name.textContent = entries.find((entry) => entry.kind === kind && String(entry.id) === id)?.name ?? id
        })
      }
      return {
        dom: crel("div", { className: "embed-box", contentEditable: "false" }, [
          crel("strong", { textContent: `${LABELS[kind] ?? kind}: ` }),
          name,
          button(gettext("Remove"), () => removeNode(editor, getPos, node)),
        ]),
        stopEvent: ({ target }) => target.closest?.("button") !== null,
        ignoreMutation: () => true,
      }
    }
  },

  addCommands() {
    return {
      insertSnippet: insertFrom(SNIPPETS, this.name),
      insertProduct: insertFrom(PRODUCTS, this.name),
      insertExercise:
        () =>
        ({ editor, dispatch }) => {
          if (!dispatch) return true
          askForExercise().then((exercise) => {
            if (!exercise) return editor.commands.focus()
            const attrs = { kind: "exercise", id: String(exercise.id), title: exercise.name }
            return insertAfterSelection(editor, { type: this.name, attrs })
          })
          return true
        },
      insertFile: insertFrom(FILES, this.name),
    }
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "snippet",
      groups: "nodes",
      button: buttons.material("content_paste", gettext("Snippet")),
      command: (editor) => editor.commands.insertSnippet(),
    })
    menu.defineItem({
      name: "product",
      groups: "nodes",
      button: buttons.material("shopping_cart", gettext("Product")),
      command: (editor) => editor.commands.insertProduct(),
    })
    menu.defineItem({
      name: "exercise",
      groups: "nodes",
      button: buttons.material("fitness_center", gettext("Exercise")),
      command: (editor) => editor.commands.insertExercise(),
    })
    menu.defineItem({
      name: "file",
      groups: "nodes",
      button: buttons.material("attach_file", gettext("File to download")),
      command: (editor) => editor.commands.insertFile(),
    })
  },
})
