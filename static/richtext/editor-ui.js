// Helpers that the editor's extensions share.
import { crel } from "django-prose-editor/editor"

export const button = (text, onClick, label = text) => {
  const element = crel("button", { type: "button", textContent: text, title: label, "aria-label": label })
  element.addEventListener("click", onClick)
  return element
}

export const removeNode = (editor, getPos, node) => {
  const position = getPos()
  editor
    .chain()
    .focus()
    .deleteRange({ from: position, to: position + node.nodeSize })
    .run()
}

// Inserting never replaces the selection, so that no text is lost to an image or embed.
export const insertAfterSelection = (editor, content) => {
  const { $to, to } = editor.state.selection
  // Leave a caption first: inserted there, content would replace the figure's first image.
  const position = $to.parent.type.name === "figure" ? $to.after() : to
  return editor.chain().focus().insertContentAt(position, content).run()
}
