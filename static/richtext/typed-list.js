// TypedList: “1. ” at the start of a line starts a numbered list, as “- ” starts one with bullets.
import { Extension, wrappingInputRule } from "django-prose-editor/editor"

// At most two digits: a line may well start with a year.
const NUMBER = /^(\d{1,2})[.)]\s$/

export const TypedList = Extension.create({
  name: "typedList",

  addInputRules() {
    const type = this.editor.schema.nodes.orderedList
    const continues = (match, list) => list.attrs.start + list.childCount === Number(match[1])
    return [
      wrappingInputRule({
        find: NUMBER,
        type,
        getAttributes: (match) => ({ start: Number(match[1]) }),
        joinPredicate: continues,
      }),
    ]
  },
})
