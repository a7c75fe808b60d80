// VisibleCursor: while the author types, the line with the cursor stays clear of the bar and the tools.
import { Extension, pm } from "django-prose-editor/editor"

const LINE = 32

const heightOf = (selector) => document.querySelector(selector)?.offsetHeight ?? 0

// What covers the text at the top and at the bottom of the window.
const covered = (toolbar) => {
  const isAtBottom = getComputedStyle(toolbar).position === "fixed"
  const bar = heightOf(".editor-bar")
  return { top: isAtBottom ? bar : bar + toolbar.offsetHeight, bottom: isAtBottom ? toolbar.offsetHeight : 0 }
}

const spaceAround = (toolbar) => {
  const { top, bottom } = covered(toolbar)
  return { top: top + LINE, bottom: bottom + LINE, left: 0, right: 0 }
}

export const VisibleCursor = Extension.create({
  name: "visibleCursor",

  addProseMirrorPlugins() {
    const space = () => spaceAround(this.editor.storage.menu.dom)
    return [
      new pm.state.Plugin({
        props: {
          handleScrollToSelection: (view) => {
            // In full screen the editor scrolls, not the page.
            if (view.dom.closest(".fullscreen")) return false
            const { top, bottom } = space()
            const caret = view.coordsAtPos(view.state.selection.head)
            const viewport = window.visualViewport
            const start = viewport?.offsetTop ?? 0
            const end = start + (viewport?.height ?? innerHeight)
            if (caret.top < start + top) scrollBy(0, caret.top - start - top)
            else if (caret.bottom > end - bottom) scrollBy(0, caret.bottom - end + bottom)
            return true
          },
        },
      }),
    ]
  },
})
