// What imported texts contain and the editor only keeps: <p id> and <li id> of notes, <abbr title> and <span lang>
import { Extension, Mark } from "django-prose-editor/editor"

export const Targets = Extension.create({
  name: "targets",

  addGlobalAttributes() {
    const attributes = { id: { default: null, keepOnSplit: false } }
    return [{ types: ["paragraph", "listItem"], attributes }]
  },
})

export const Abbreviation = Mark.create({
  name: "abbreviation",

  addAttributes() {
    return { title: { default: null } }
  },

  parseHTML() {
    return [{ tag: "abbr[title]" }]
  },

  renderHTML({ HTMLAttributes }) {
    return ["abbr", HTMLAttributes, 0]
  },
})

export const Language = Mark.create({
  name: "language",

  addAttributes() {
    return { lang: { default: null }, dir: { default: null } }
  },

  parseHTML() {
    return [{ tag: "span[lang]" }, { tag: "span[dir]" }]
  },

  renderHTML({ HTMLAttributes }) {
    return ["span", HTMLAttributes, 0]
  },
})
