// Callout  <aside data-callout="tip" data-title="…">blocks</aside>
import { gettext, Node, updateAttrsDialog } from "django-prose-editor/editor"

const KINDS = {
  note: gettext("Note"),
  tip: gettext("Tip"),
  warning: gettext("Warning"),
  "red-flags": gettext("Red flags: when to see a professional"),
  "what-we-know": gettext("What we know and what we don’t"),
}

// What the checklist looks for in the block, to write behind.
const PARTS = [
  gettext("What we know:"),
  gettext("What we don’t know:"),
  gettext("Benefits:"),
  gettext("Risks:"),
  gettext("Alternatives:"),
]

const outline = () =>
  PARTS.map((label) => ({
    type: "paragraph",
    content: [
      { type: "text", text: label, marks: [{ type: "bold" }] },
      { type: "text", text: " …" },
    ],
  }))

const isOnEmptyLine = ({ state: { selection } }) => selection.empty && !selection.$from.parent.content.size

const askForCallout = async (editor, { kind = "note", title = "" }) => {
  const names = Object.entries(KINDS)
  const fields = {
    kind: { title: gettext("Type"), enum: names.map(([, name]) => name) },
    title: { type: "string", title: gettext("Title") },
  }
  const options = { title: gettext("Callout"), submitText: gettext("Save") }
  const answer = await updateAttrsDialog(fields, options)(editor, { kind: KINDS[kind], title })
  if (!answer) return null
  return { kind: names.find(([, name]) => name === answer.kind)?.[0] ?? "note", title: answer.title.trim() }
}

export const Callout = Node.create({
  name: "callout",
  group: "block",
  content: "block+",
  defining: true,

  addAttributes() {
    return {
      kind: {
        default: "note",
        parseHTML: (element) => element.dataset.callout,
        renderHTML: ({ kind }) => ({ "data-callout": kind }),
      },
      title: {
        default: "",
        parseHTML: (element) => element.dataset.title ?? "",
        renderHTML: ({ title }) => (title ? { "data-title": title } : {}),
      },
    }
  },

  parseHTML() {
    return [{ tag: "aside[data-callout]" }]
  },

  renderHTML({ HTMLAttributes }) {
    return ["aside", HTMLAttributes, 0]
  },

  addCommands() {
    return {
      editCallout:
        () =>
        ({ editor, dispatch }) => {
          if (!dispatch) return true
          const isInside = editor.isActive(this.name)
          askForCallout(editor, isInside ? editor.getAttributes(this.name) : {}).then((attrs) => {
            if (!attrs) return
            const chain = editor.chain().focus()
            if (isInside) chain.updateAttributes(this.name, attrs).run()
            else if (attrs.kind === "what-we-know" && isOnEmptyLine(editor))
              chain.insertContent({ type: this.name, attrs, content: outline() }).run()
            else chain.wrapIn(this.name, attrs).run()
          })
          return true
        },
      removeCallout:
        () =>
        ({ commands }) =>
          commands.lift(this.name),
    }
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "callout",
      groups: "nodes",
      button: buttons.material("info", gettext("Callout")),
      command: (editor) => editor.commands.editCallout(),
      active: (editor) => editor.isActive("callout"),
    })
    menu.defineItem({
      name: "removeCallout",
      groups: "nodes",
      button: buttons.material("format_clear", gettext("Remove callout, keep its text")),
      command: (editor) => editor.commands.removeCallout(),
      hidden: (editor) => !editor.isActive("callout"),
    })
  },
})
