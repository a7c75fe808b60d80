// KeyboardHelp: a dialog that lists the editor's keyboard shortcuts.
import { crel, Extension, gettext } from "django-prose-editor/editor"
import { displayKeys, TOOLBAR_LABELS } from "./toolbar-labels.js"

const TYPING_SHORTCUTS = [
  ["/", "Insert anything: image, video, table, product, file …"],
  ["## and a space", "Heading (### and #### for smaller ones)"],
  ["- and a space", "Bulleted list"],
  ["1. and a space", "Numbered list"],
  ["> and a space", "Quote"],
  ["---", "Dividing line"],
  ["Shift-Enter", "New line in the same paragraph"],
  ["Tab, Shift-Tab", "In a list: indent, outdent. In a table: next cell, previous cell"],
  ["Enter twice", "Leave a list or a quote"],
]

const createRow = ([keys, label]) => [
  crel("dt", {}, [crel("kbd", { textContent: keys })]),
  crel("dd", { textContent: gettext(label) }),
]

const createDialog = () => {
  const shortcuts = Object.values(TOOLBAR_LABELS)
    .filter(([, keys]) => keys)
    .map(([label, keys]) => [displayKeys(keys), label])
  const close = crel("button", { type: "button", textContent: gettext("Close") })
  const dialog = crel("dialog", { className: "prose-editor-dialog keyboard-help" }, [
    crel("h3", { className: "prose-editor-dialog-title", textContent: gettext("Keyboard help") }),
    crel("h4", { textContent: gettext("At the start of a line") }),
    crel("dl", {}, TYPING_SHORTCUTS.flatMap(createRow)),
    crel("h4", { textContent: gettext("Shortcuts") }),
    crel("dl", {}, shortcuts.flatMap(createRow)),
    crel("div", { className: "prose-editor-dialog-buttons" }, [close]),
  ])
  close.addEventListener("click", () => dialog.close())
  return dialog
}

export const KeyboardHelp = Extension.create({
  name: "keyboardHelp",

  addCommands() {
    return {
      showKeyboardHelp:
        () =>
        ({ editor, dispatch }) => {
          if (!dispatch) return true
          const dialog = createDialog()
          dialog.addEventListener("close", () => {
            dialog.remove()
            editor.commands.focus()
          })
          document.body.append(dialog)
          dialog.showModal()
          return true
        },
    }
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "shortcuts",
      groups: "utility",
      button: buttons.text("?", gettext("Keyboard help")),
      command: (editor) => editor.commands.showKeyboardHelp(),
    })
  },
})
