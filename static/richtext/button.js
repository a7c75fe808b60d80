// ButtonLink  <p data-button="link"><a href="/contact/">Ask me</a></p>: one link that looks like a button
import { Extension, pm } from "django-prose-editor/editor"
import { askForLink } from "./link-dialog.js"

// The author writes the words of the button in the text, so they are selected.
const insertButton = async (editor, site) => {
  const answer = await askForLink("", site, new Set())
  if (!answer?.href) return editor.commands.focus()
  const { $to } = editor.state.selection
  const position = $to.depth ? $to.after(1) : $to.pos
  const isEmptyLine = $to.depth === 1 && $to.parent.content.size === 0
  const start = isEmptyLine ? $to.before(1) : position
  const marks = [{ type: "link", attrs: { href: answer.href } }]
  const content = {
    type: "paragraph",
    attrs: { button: "link" },
    content: [{ type: "text", text: answer.title, marks }],
  }
  return editor
    .chain()
    .focus()
    .insertContentAt(isEmptyLine ? { from: start, to: position } : position, content)
    .setTextSelection({ from: start + 1, to: start + 1 + answer.title.length })
    .run()
}

const firstLink = (paragraph) => {
  for (let index = 0; index < paragraph.childCount; index += 1) {
    const link = paragraph.child(index).marks.find(({ type }) => type.name === "link")
    if (link) return link
  }
  return null
}

// All words of a button are its link, also those typed at its end. Without a link it is a paragraph again.
const completeButtons = (state) => {
  const { tr } = state
  state.doc.descendants((node, position) => {
    if (node.type.name !== "paragraph") return !node.isTextblock
    if (!node.attrs.button || !node.content.size) return false
    const link = firstLink(node)
    if (!link) tr.setNodeAttribute(position, "button", null)
    else if (node.content.content.some(({ marks }) => !link.isInSet(marks))) {
      tr.addMark(position + 1, position + 1 + node.content.size, link)
    }
    return false
  })
  return tr.docChanged ? tr : null
}

export const ButtonLink = Extension.create({
  name: "buttonLink",

  addOptions() {
    return { site: "" }
  },

  addGlobalAttributes() {
    const button = {
      default: null,
      keepOnSplit: false,
      parseHTML: (element) => element.dataset.button ?? null,
      renderHTML: ({ button }) => (button ? { "data-button": button } : {}),
    }
    return [{ types: ["paragraph"], attributes: { button } }]
  },

  addProseMirrorPlugins() {
    const appendTransaction = (transactions, _old, state) =>
      transactions.some(({ docChanged }) => docChanged) ? completeButtons(state) : null
    return [new pm.state.Plugin({ appendTransaction })]
  },

  addCommands() {
    return {
      insertButton:
        () =>
        ({ editor, dispatch }) => {
          if (dispatch) insertButton(editor, this.options.site)
          return true
        },
    }
  },
})
