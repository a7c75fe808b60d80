// The editor's own nodes. Each gives exactly the HTML that prose's subset stores; prose.clean() has the last word.
//
// LibraryFigure  <figure><img data-image="12"><figcaption>…</figcaption></figure>, the picture chosen from the library
// Callout        <aside data-callout="tip" data-title="…">blocks</aside>
// StableHeading  h2 to h4 that keep their id, so that shared #anchors go on working
// TitledTable    a table whose title survives editing
import { crel, gettext, Heading, Node, Table, updateAttrsDialog } from "django-prose-editor/editor"

const CALLOUTS = {
  note: gettext("Note"),
  tip: gettext("Tip"),
  warning: gettext("Warning"),
  "red-flags": gettext("Red flags"),
}

// The library's dialog (static/images/picker.js) listens for this on the document.
const choosePicture = () =>
  new Promise((resolve) => {
    document.dispatchEvent(new CustomEvent("images:choose", { detail: { resolve } }))
  })

export const LibraryFigure = Node.create({
  name: "figure",
  group: "block",
  content: "inline*",
  draggable: true,
  isolating: true,

  addAttributes() {
    const image = (element) => element.querySelector("img[data-image]")
    return {
      image: { default: null, parseHTML: (el) => image(el)?.dataset.image, renderHTML: () => ({}) },
      src: { default: "", parseHTML: (el) => image(el)?.getAttribute("src") ?? "", renderHTML: () => ({}) },
      alt: { default: null, parseHTML: (el) => image(el)?.getAttribute("alt") ?? null, renderHTML: () => ({}) },
    }
  },

  parseHTML() {
    return [
      {
        tag: "figure",
        getAttrs: (el) => (el.querySelector("img[data-image]") ? {} : false),
        contentElement: (el) => el.querySelector("figcaption") ?? document.createElement("figcaption"),
      },
    ]
  },

  renderHTML({ node }) {
    const { image, src, alt } = node.attrs
    const attributes = { "data-image": image, src }
    if (alt !== null) attributes.alt = alt
    return ["figure", {}, ["img", attributes], ["figcaption", {}, 0]]
  },

  addNodeView() {
    return ({ node: first, editor, getPos }) => {
      let node = first
      const img = crel("img", { src: node.attrs.src, alt: node.attrs.alt ?? "" })
      const caption = crel("figcaption", { "data-placeholder": gettext("Write a caption, or leave it empty") })
      const button = (text, run) => {
        const element = crel("button", { type: "button", textContent: text })
        element.addEventListener("click", run)
        return element
      }
      const update = (attrs) =>
        editor.view.dispatch(editor.state.tr.setNodeMarkup(getPos(), null, { ...node.attrs, ...attrs }))
      const controls = crel("div", { className: "figure-controls", contentEditable: "false" }, [
        button(gettext("Other picture"), async () => {
          const image = await choosePicture()
          update({ image: String(image.id), src: image.src, alt: null })
        }),
        button(gettext("Alternative text"), async () => {
          const answer = await updateAttrsDialog(
            {
              decorative: { type: "boolean", title: gettext("Only decoration: say nothing to screen readers") },
              alt: {
                type: "string",
                title: gettext("What it shows, here"),
                description: gettext(" Empty: the library's words are used."),
              },
            },
            { title: gettext("Alternative text"), submitText: gettext("Use") },
          )(editor, { alt: node.attrs.alt ?? "", decorative: node.attrs.alt === "" })
          if (answer) update({ alt: answer.decorative ? "" : answer.alt.trim() || null })
        }),
        button(gettext("Remove"), () => {
          const position = getPos()
          editor.view.dispatch(editor.state.tr.delete(position, position + node.nodeSize))
        }),
      ])
      img.contentEditable = "false"
      return {
        dom: crel("figure", {}, [img, controls, caption]),
        contentDOM: caption,
        ignoreMutation: (mutation) => !caption.contains(mutation.target),
        update(updated) {
          if (updated.type !== node.type) return false
          node = updated
          img.src = node.attrs.src
          img.alt = node.attrs.alt ?? ""
          return true
        },
      }
    }
  },

  addCommands() {
    return {
      // The toolbar's own picture button calls this name.
      insertFigure:
        () =>
        ({ editor, dispatch }) => {
          if (dispatch) {
            choosePicture().then((image) => {
              editor
                .chain()
                .focus()
                // After what is selected, never in its place: no word is lost to a picture.
                .setTextSelection(editor.state.selection.to)
                .insertContent({
                  type: this.name,
                  attrs: { image: String(image.id), src: image.src },
                  content: image.caption ? [{ type: "text", text: image.caption }] : [],
                })
                .run()
            })
          }
          return true
        },
    }
  },
})

export const Callout = Node.create({
  name: "callout",
  group: "block",
  content: "block+",
  defining: true,

  addAttributes() {
    return {
      kind: {
        default: "note",
        parseHTML: (el) => el.dataset.callout,
        renderHTML: ({ kind }) => ({ "data-callout": kind }),
      },
      title: {
        default: "",
        parseHTML: (el) => el.dataset.title ?? "",
        renderHTML: ({ title }) => (title ? { "data-title": title } : {}),
      },
    }
  },

  parseHTML() {
    return [{ tag: "aside[data-callout]" }]
  },

  renderHTML({ HTMLAttributes }) {
    return ["aside", HTMLAttributes, 0]
  },

  addCommands() {
    const names = Object.entries(CALLOUTS)
    const ask = (editor, attrs) =>
      updateAttrsDialog(
        {
          kind: { title: gettext("Kind"), enum: names.map(([, name]) => name) },
          title: { type: "string", title: gettext("Title") },
        },
        { title: gettext("Box"), submitText: gettext("Use") },
      )(editor, { kind: CALLOUTS[attrs.kind ?? "note"], title: attrs.title ?? "" })
    return {
      editCallout:
        () =>
        ({ editor, dispatch }) => {
          if (dispatch) {
            const isInside = editor.isActive(this.name)
            ask(editor, isInside ? editor.getAttributes(this.name) : {}).then((answer) => {
              if (!answer) return
              const kind = names.find(([, name]) => name === answer.kind)?.[0] ?? "note"
              const attrs = { kind, title: answer.title.trim() }
              const chain = editor.chain().focus()
              if (isInside) chain.updateAttributes(this.name, attrs).run()
              else chain.wrapIn(this.name, attrs).run()
            })
          }
          return true
        },
      leaveCallout:
        () =>
        ({ commands }) =>
          commands.lift(this.name),
    }
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "callout",
      groups: "nodes",
      button: buttons.material("info", gettext("Box: note, tip, warning, red flags")),
      command: (editor) => editor.commands.editCallout(),
      active: (editor) => editor.isActive("callout"),
    })
    menu.defineItem({
      name: "leaveCallout",
      groups: "nodes",
      button: buttons.material("format_clear", gettext("Take the text out of the box")),
      command: (editor) => editor.commands.leaveCallout(),
      hidden: (editor) => !editor.isActive("callout"),
    })
  },
})

export const StableHeading = Heading.extend({
  addAttributes() {
    return { ...this.parent?.(), id: { default: null, keepOnSplit: false } }
  },
})

export const TitledTable = Table.extend({
  addAttributes() {
    return {
      ...this.parent?.(),
      caption: {
        default: null,
        parseHTML: (el) => el.querySelector("caption")?.textContent.trim() || el.dataset.caption || null,
        renderHTML: ({ caption }) => (caption ? { "data-caption": caption } : {}),
      },
    }
  },

  parseHTML() {
    return [{ tag: "table" }, { tag: "caption", ignore: true }]
  },

  addMenuItems(context) {
    this.parent?.(context)
    context.menu.defineItem({
      name: "table:title",
      groups: "table",
      button: context.buttons.material("title", gettext("Title of the table")),
      hidden: (editor) => !editor.isActive("table"),
      async command(editor) {
        const answer = await updateAttrsDialog(
          { caption: { type: "string", title: gettext("Title") } },
          { title: gettext("Title of the table"), submitText: gettext("Use") },
        )(editor, { caption: editor.getAttributes("table").caption ?? "" })
        if (answer) editor.chain().focus().updateAttributes("table", { caption: answer.caption.trim() || null }).run()
      },
    })
  },
})
