// ItemNumber  <li value="7">: the number of an item that does not follow the one before it
import { Extension } from "django-prose-editor/editor"

export const ItemNumber = Extension.create({
  name: "itemNumber",

  addGlobalAttributes() {
    return [{ types: ["listItem"], attributes: { value: { default: null, keepOnSplit: false } } }]
  },
})
