// StableHeading  h2 to h4 that keep their id, so that shared #anchors keep working
import { Heading } from "django-prose-editor/editor"

export const StableHeading = Heading.extend({
  addAttributes() {
    return { ...this.parent?.(), id: { default: null, keepOnSplit: false } }
  },
})
