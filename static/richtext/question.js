// Question       <details><summary>question</summary>blocks</details>
// QuestionTitle  its <summary>
// The editor shows both as open blocks: a closed answer would be invisible, and each click would toggle it.
import { crel, gettext, Node } from "django-prose-editor/editor"

const nodeView = (tag, className) => () => {
  const dom = crel(tag, { className })
  return { dom, contentDOM: dom }
}

export const QuestionTitle = Node.create({
  name: "questionTitle",
  content: "inline*",
  defining: true,
  isolating: true,

  parseHTML() {
    return [{ tag: "summary" }]
  },

  renderHTML() {
    return ["summary", {}, 0]
  },

  addNodeView() {
    return nodeView("p", "question-title")
  },

  addKeyboardShortcuts() {
    return {
      // Enter moves to the answer.
      Enter: ({ editor }) => {
        const { $from } = editor.state.selection
        if ($from.parent.type.name !== this.name) return false
        return editor.commands.focus($from.after() + 1)
      },
    }
  },
})

// After the enclosing question, or else after the top-level block that holds the cursor.
const positionForQuestion = ($to, typeName) => {
  for (let depth = $to.depth; depth > 0; depth -= 1) {
    if ($to.node(depth).type.name === typeName) return $to.after(depth)
  }
  return $to.depth ? $to.after(1) : $to.pos
}

export const Question = Node.create({
  name: "question",
  group: "block",
  content: "questionTitle block+",
  defining: true,

  parseHTML() {
    return [{ tag: "details" }]
  },

  renderHTML() {
    return ["details", {}, 0]
  },

  addNodeView() {
    return nodeView("div", "question")
  },

  addCommands() {
    return {
      insertQuestion:
        () =>
        ({ state, chain }) => {
          const position = positionForQuestion(state.selection.$to, this.name)
          const content = [{ type: "questionTitle" }, { type: "paragraph" }]
          return chain()
            .insertContentAt(position, { type: this.name, content })
            .focus(position + 2)
            .run()
        },
    }
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "question",
      groups: "nodes",
      button: buttons.material("quiz", gettext("Question and answer")),
      command: (editor) => editor.commands.insertQuestion(),
      active: (editor) => editor.isActive("question"),
    })
  },
})
