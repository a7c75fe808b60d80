// Embed  <div data-embed="snippet" data-id="3"></div>
// A labeled box. Kinds without a label here pass through unchanged.
import { crel, gettext, Node, updateAttrsDialog } from "django-prose-editor/editor"
import { adminUrl } from "../admin_theme/admin-urls.js"
import { button, insertAfterSelection, removeNode } from "./editor-ui.js"
import { askForExercise } from "./exercise-dialog.js"

const LABELS = {
  snippet: gettext("Snippet"),
  video: gettext("Video"),
  product: gettext("Product"),
  comparison: gettext("Comparison"),
  sponsorship: gettext("Gift or sponsor"),
  exercise: gettext("Exercise"),
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
const LIST_OF = { snippet: SNIPPETS, product: PRODUCTS, comparison: PRODUCTS, sponsorship: PRODUCTS }

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
  if (!entries.length) {
    await updateAttrsDialog({}, { title: list.empty, submitText: gettext("OK") })(editor, {})
    return null
  }
  const nameOf = ({ kind, name }) => (list === SNIPPETS ? name : `${LABELS[kind]}: ${name}`)
  // Names may repeat; the ID distinguishes such entries.
  const isDuplicate = (entry) => entries.filter((other) => nameOf(other) === nameOf(entry)).length > 1
  const labelOf = (entry) => (isDuplicate(entry) ? `${nameOf(entry)} (${entry.id})` : nameOf(entry))
  const fields = { which: { title: gettext("Choose one"), enum: entries.map(labelOf) } }
  const options = { title: list.title, submitText: gettext("Insert") }
  const answer = await updateAttrsDialog(fields, options)(editor, {})
  return answer && entries.find((entry) => labelOf(entry) === answer.which)
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
      insertFromList:
        (list) =>
        ({ editor, dispatch }) => {
          if (!dispatch) return true
          askForEntry(editor, list).then((entry) => {
            if (!entry) return
            const attrs = { kind: entry.kind, id: String(entry.id), title: entry.name }
            insertAfterSelection(editor, { type: this.name, attrs })
          })
          return true
        },
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
    }
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "snippet",
      groups: "nodes",
      button: buttons.material("content_paste", gettext("Snippet")),
      command: (editor) => editor.commands.insertFromList(SNIPPETS),
    })
    menu.defineItem({
      name: "product",
      groups: "nodes",
      button: buttons.material("shopping_cart", gettext("Product")),
      command: (editor) => editor.commands.insertFromList(PRODUCTS),
    })
    menu.defineItem({
      name: "exercise",
      groups: "nodes",
      button: buttons.material("fitness_center", gettext("Exercise")),
      command: (editor) => editor.commands.insertExercise(),
    })
  },
})
