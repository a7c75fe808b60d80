// NumberedItem  <li value="7">: the number of an item that does not follow the one before it
import { ListItem } from "django-prose-editor/editor"

export const NumberedItem = ListItem.extend({
  addAttributes() {
    return { ...this.parent?.(), value: { default: null, keepOnSplit: false } }
  },
})
