// SiteLink  <a href="/stairs/">: links to this site are stored as paths
import { Link } from "django-prose-editor/editor"
import { askForLink } from "./link-dialog.js"
import { isTypedLink } from "./link-target.js"

const applyLink = (editor, type, answer) => {
  const chain = editor.chain().focus()
  if (!answer) return chain.run()
  if (answer.href === null) return chain.extendMarkRange(type).unsetLink().run()
  const attrs = { href: answer.href }
  if (editor.isActive(type)) return chain.extendMarkRange(type).updateAttributes(type, attrs).run()
  if (!editor.state.selection.empty) return chain.setMark(type, attrs).run()
  const content = { type: "text", text: answer.title, marks: [{ type, attrs }] }
  return chain.insertContent(content).unsetMark(type).run()
}

const pathsLinkedIn = (editor) => {
  const links = editor.view.dom.querySelectorAll("a[href]")
  return new Set(Array.from(links, (link) => link.getAttribute("href").split("#")[0]))
}

export const SiteLink = Link.extend({
  addOptions() {
    return { ...this.parent?.(), site: "", defaultProtocol: "https", shouldAutoLink: isTypedLink }
  },

  addCommands() {
    return {
      ...this.parent?.(),
      addLink:
        () =>
        ({ editor, dispatch }) => {
          if (!dispatch) return true
          const { href = "" } = editor.getAttributes(this.name)
          askForLink(href, this.options.site, pathsLinkedIn(editor)).then((answer) =>
            applyLink(editor, this.name, answer),
          )
          return true
        },
    }
  },

  addMenuItems(context) {
    this.parent?.(context)
    for (const item of context.menu.items("link")) {
      if (item.name === "link") item.enabled = () => true
    }
  },
})
