// Names of the toolbar's items and their keyboard shortcuts.
import { gettext } from "django-prose-editor/editor"

export const TOOLBAR_LABELS = {
  heading2: ["Heading", "Mod-Alt-2"],
  heading3: ["Subheading", "Mod-Alt-3"],
  heading4: ["Small heading", "Mod-Alt-4"],
  paragraph: ["Paragraph", "Mod-Alt-0"],
  bold: ["Bold", "Mod-B"],
  italic: ["Italic", "Mod-I"],
  strike: ["Strikethrough", "Mod-Shift-S"],
  superscript: ["Superscript", "Mod-."],
  subscript: ["Subscript", "Mod-,"],
  code: ["Code", "Mod-E"],
  link: ["Link", "Mod-K"],
  unlink: ["Remove link"],
  bulletList: ["Bulleted list", "Mod-Shift-8"],
  orderedList: ["Numbered list", "Mod-Shift-7"],
  blockquote: ["Quote", "Mod-Shift-B"],
  codeBlock: ["Code block", "Mod-Alt-C"],
  horizontalRule: ["Dividing line"],
  figure: ["Image"],
  table: ["Table"],
  "table:addColumnAfter": ["Add column"],
  "table:deleteColumn": ["Delete column"],
  "table:addRowAfter": ["Add row"],
  "table:deleteRow": ["Delete row"],
  "table:mergeCells": ["Merge cells"],
  "table:splitCell": ["Split cell"],
  "table:toggleHeaderCell": ["Toggle heading cell"],
  "table:deleteTable": ["Delete table"],
  "history:undo": ["Undo", "Mod-Z"],
  "history:redo": ["Redo", "Mod-Shift-Z"],
  citation: ["Citation", "Mod-Alt-R"],
  find: ["Find and replace", "Mod-F"],
  fullscreen: ["Full screen", "F11"],
  shortcuts: ["Keyboard help"],
  more: ["More tools"],
}

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform)

// Return a shortcut such as "Mod-Alt-2" as this computer's keyboard labels it.
export const displayKeys = (keys) =>
  keys
    .replace("Mod", IS_MAC ? "⌘" : "Ctrl")
    .replace("Alt", IS_MAC ? "⌥" : "Alt")
    .replaceAll("-", IS_MAC ? " " : "+")

export const tooltip = ([label, keys]) => (keys ? `${gettext(label)} (${displayKeys(keys)})` : gettext(label))
