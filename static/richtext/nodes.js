// The editor's own nodes. Each gives exactly the HTML that prose's subset stores; prose.clean() has the last word.
//
// LibraryFigure  <figure data-align="left"><img data-image="12">…<figcaption>…</figcaption></figure>: one picture of
//                the library, or several as a gallery
// Embed          <div data-embed="snippet" data-id="3"></div>, a labelled box; kinds it does not know pass untouched
// Callout        <aside data-callout="tip" data-title="…">blocks</aside>
// Question       <details><summary>words</summary>blocks</details>: a question with its answer
// StableHeading  h2 to h4 that keep their id, so that shared #anchors go on working
// TitledTable    a table whose title survives editing
import { crel, gettext, Heading, Node, Table, updateAttrsDialog } from "django-prose-editor/editor"

const CALLOUTS = {
  note: gettext("Note"),
  tip: gettext("Tip"),
  warning: gettext("Warning"),
  "red-flags": gettext("Red flags"),
}

const EMBEDS = {
  snippet: gettext("Snippet"),
  video: gettext("Video"),
  product: gettext("Product"),
  comparison: gettext("Comparison"),
  sponsorship: gettext("Gift or sponsor"),
  exercise: gettext("Exercise"),
}

const ALIGNMENTS = {
  "": gettext("Normal width"),
  wide: gettext("Wider"),
  left: gettext("Left, text beside it"),
  right: gettext("Right, text beside it"),
}

const button = (text, run, label = text) => {
  const element = crel("button", { type: "button", textContent: text, title: label, "aria-label": label })
  element.addEventListener("click", run)
  return element
}

const remove = (editor, getPos, node) => {
  const position = getPos()
  editor
    .chain()
    .focus()
    .deleteRange({ from: position, to: position + node.nodeSize })
    .run()
}

// After what is selected, never in its place: no word is lost to a picture.
const insertAfter = (editor, content) => {
  const { $to, to } = editor.state.selection
  // Out of a caption: there it would take the first picture's place.
  const place = $to.parent.type.name === "figure" ? $to.after() : to
  return editor.chain().focus().insertContentAt(place, content).run()
}

// The library's dialog (static/images/picker.js) listens for this on the document.
const choosePictures = (multiple) =>
  new Promise((resolve) => {
    const detail = { multiple, resolve: (answer) => resolve([answer].flat()) }
    document.dispatchEvent(new CustomEvent("images:choose", { detail }))
  })

const asPicture = ({ id, src }) => ({ image: String(id), src, alt: null })

const askForAlt = (editor, { alt }) =>
  updateAttrsDialog(
    {
      decorative: { type: "boolean", title: gettext("Only decoration: say nothing to screen readers") },
      alt: {
        type: "string",
        title: gettext("What it shows, here"),
        description: gettext(" Empty: the library's words are used."),
      },
    },
    { title: gettext("Alternative text"), submitText: gettext("Use") },
  )(editor, { alt: alt ?? "", decorative: alt === "" })

export const LibraryFigure = Node.create({
  name: "figure",
  group: "block",
  content: "inline*",
  draggable: true,
  isolating: true,

  addAttributes() {
    const read = (img) => ({
      image: img.dataset.image,
      src: img.getAttribute("src") ?? "",
      alt: img.getAttribute("alt"),
    })
    return {
      pictures: {
        default: [],
        parseHTML: (el) => [...el.querySelectorAll("img[data-image]")].map(read),
        renderHTML: () => ({}),
      },
      align: {
        default: "",
        parseHTML: (el) => (el.dataset.align in ALIGNMENTS ? el.dataset.align : ""),
        renderHTML: ({ align }) => (align ? { "data-align": align } : {}),
      },
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

  renderHTML({ node, HTMLAttributes }) {
    const pictures = node.attrs.pictures.map(({ image, src, alt }) => [
      "img",
      { "data-image": image, src, ...(alt === null ? {} : { alt }) },
    ])
    return ["figure", HTMLAttributes, ...pictures, ["figcaption", {}, 0]]
  },

  addNodeView() {
    return ({ node: first, editor, getPos }) => {
      let node = first
      const update = (attrs) =>
        editor.view.dispatch(editor.state.tr.setNodeMarkup(getPos(), null, { ...node.attrs, ...attrs }))
      // `change` gets a copy of the pictures and may do with it what it likes.
      const withPictures = (change) => {
        const pictures = [...node.attrs.pictures]
        change(pictures)
        update({ pictures })
      }

      const buttonsOf = (picture, index, count) => {
        const move = (to) => withPictures((all) => all.splice(to, 0, ...all.splice(index, 1)))
        const gallery = [
          index > 0 && button("←", () => move(index - 1), gettext("Earlier")),
          index < count - 1 && button("→", () => move(index + 1), gettext("Later")),
          button("✕", () => withPictures((all) => all.splice(index, 1)), gettext("Take out of the gallery")),
        ]
        return [
          button(gettext("Other picture"), async () => {
            const [image] = await choosePictures(false)
            withPictures((all) => all.splice(index, 1, asPicture(image)))
          }),
          button(gettext("Alternative text"), async () => {
            const answer = await askForAlt(editor, picture)
            if (!answer) return
            const alt = answer.decorative ? "" : answer.alt.trim() || null
            withPictures((all) => all.splice(index, 1, { ...picture, alt }))
          }),
          ...(count > 1 ? gallery.filter(Boolean) : []),
        ]
      }

      const pictures = crel("div", { className: "figure-pictures", contentEditable: "false" })
      const show = () => {
        const all = node.attrs.pictures
        pictures.dataset.count = all.length
        pictures.replaceChildren(
          ...all.map((picture, index) =>
            crel("div", { className: "figure-picture" }, [
              crel("img", { src: picture.src, alt: picture.alt ?? "" }),
              crel("div", { className: "figure-controls" }, buttonsOf(picture, index, all.length)),
            ]),
          ),
        )
        dom.dataset.align = align.value = node.attrs.align
      }

      const align = crel(
        "select",
        { "aria-label": gettext("Where it stands"), title: gettext("Where it stands") },
        Object.entries(ALIGNMENTS).map(([value, textContent]) => crel("option", { value, textContent })),
      )
      align.addEventListener("change", () => update({ align: align.value }))
      const bar = crel("div", { className: "figure-bar", contentEditable: "false" }, [
        align,
        button(gettext("Add pictures"), async () => {
          const images = await choosePictures(true)
          withPictures((all) => all.push(...images.map(asPicture)))
        }),
        button(gettext("Remove"), () => remove(editor, getPos, node)),
      ])
      const caption = crel("figcaption", { "data-placeholder": gettext("Write a caption, or leave it empty") })
      const dom = crel("figure", {}, [pictures, bar, caption])
      show()
      return {
        dom,
        contentDOM: caption,
        ignoreMutation: (mutation) => !caption.contains(mutation.target),
        stopEvent: ({ target }) => bar.contains(target) || target.closest?.(".figure-controls") !== null,
        update(updated) {
          if (updated.type !== node.type) return false
          const isSame = JSON.stringify(updated.attrs) === JSON.stringify(node.attrs)
          node = updated
          if (!isSame) show()
          return true
        },
      }
    }
  },

  addKeyboardShortcuts() {
    return {
      // Enter ends the caption: the next sentence is a paragraph, not more caption.
      Enter: ({ editor }) => {
        const { $from } = editor.state.selection
        if ($from.parent.type.name !== this.name) return false
        const after = $from.after()
        return editor
          .chain()
          .insertContentAt(after, { type: "paragraph" })
          .setTextSelection(after + 1)
          .run()
      },
    }
  },

  addCommands() {
    const insert = (editor, images) =>
      insertAfter(editor, {
        type: this.name,
        attrs: { pictures: images.map(asPicture) },
        content: images.length === 1 && images[0].caption ? [{ type: "text", text: images[0].caption }] : [],
      })
    const choose =
      (multiple) =>
      () =>
      ({ editor, dispatch }) => {
        if (dispatch) choosePictures(multiple).then((images) => images.length && insert(editor, images))
        return true
      }
    // The toolbar's own picture button calls the first name.
    return { insertFigure: choose(false), insertGallery: choose(true) }
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "gallery",
      groups: "nodes",
      button: buttons.material("collections", gettext("Gallery")),
      command: (editor) => editor.commands.insertGallery(),
    })
  },
})

// Where the desk lists what is placed by its name: id and name, and a kind if there are several in a list.
const SNIPPETS = {
  address: "/admin/blog/snippet/list/",
  title: gettext("Snippet"),
  none: gettext("There are no snippets yet. Write one under Snippets on the desk, then it is here."),
}
const PRODUCTS = {
  address: "/admin/affiliates/product/list/",
  title: gettext("Product, comparison, or a note about a gift"),
  none: gettext("There are no products yet. Add one under Products on the desk, then it is here."),
}
const LIST_OF = { snippet: SNIPPETS, product: PRODUCTS, comparison: PRODUCTS, sponsorship: PRODUCTS }

// No list and an empty one are the same to the author.
const entriesOf = ({ address }) =>
  fetch(address, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : []))
    .then((all) => all.map((each) => ({ kind: "snippet", ...each })))
    .catch(() => [])

export const Embed = Node.create({
  name: "embed",
  group: "block",
  atom: true,
  draggable: true,

  addAttributes() {
    const kept = (name, attribute) => ({
      default: "",
      parseHTML: (el) => el.getAttribute(attribute) ?? "",
      renderHTML: (attrs) => (attrs[name] ? { [attribute]: attrs[name] } : {}),
    })
    return { kind: kept("kind", "data-embed"), id: kept("id", "data-id"), title: kept("title", "data-title") }
  },

  // Rooms with a node of their own for their kind come first.
  parseHTML() {
    return [{ tag: "div[data-embed]", priority: 40 }]
  },

  renderHTML({ HTMLAttributes }) {
    return ["div", HTMLAttributes]
  },

  addNodeView() {
    return ({ node, editor, getPos }) => {
      const { kind, id, title } = node.attrs
      const name = crel("span", { textContent: title || id })
      if (LIST_OF[kind] && !title) {
        entriesOf(LIST_OF[kind]).then((all) => {
          name.textContent = all.find((each) => each.kind === kind && String(each.id) === id)?.name ?? id
        })
      }
      return {
        dom: crel("div", { className: "embed-box", contentEditable: "false" }, [
          crel("strong", { textContent: `${EMBEDS[kind] ?? kind}: ` }),
          name,
          button(gettext("Remove"), () => remove(editor, getPos, node)),
        ]),
        stopEvent: ({ target }) => target.closest?.("button") !== null,
        ignoreMutation: () => true,
      }
    }
  },

  addCommands() {
    return {
      insertListed:
        (list) =>
        ({ editor, dispatch }) => {
          if (!dispatch) return true
          entriesOf(list).then(async (all) => {
            const named = ({ kind, name }) => (list === SNIPPETS ? name : `${EMBEDS[kind]}: ${name}`)
            // A name may be there twice; its number tells which.
            const isTwin = (one) => all.filter((each) => named(each) === named(one)).length > 1
            const label = (each) => (isTwin(each) ? `${named(each)} (${each.id})` : named(each))
            const fields = { which: { title: gettext("Which one"), enum: all.map(label) } }
            const answer = await updateAttrsDialog(all.length ? fields : {}, {
              title: all.length ? list.title : list.none,
              submitText: all.length ? gettext("Use") : gettext("All right"),
            })(editor, {})
            const chosen = answer && all.find((each) => label(each) === answer.which)
            if (!chosen) return
            const attrs = { kind: chosen.kind, id: String(chosen.id), title: chosen.name }
            insertAfter(editor, { type: this.name, attrs })
          })
          return true
        },
    }
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "snippet",
      groups: "nodes",
      button: buttons.material("content_paste", gettext("Snippet")),
      command: (editor) => editor.commands.insertListed(SNIPPETS),
    })
    menu.defineItem({
      name: "product",
      groups: "nodes",
      button: buttons.material("shopping_cart", gettext("Product")),
      command: (editor) => editor.commands.insertListed(PRODUCTS),
    })
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
      button: buttons.material("info", gettext("Box")),
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

// Shown open while it is written: a closed answer could not be seen, and each click would close it.
const shownAs = (tag, className) => () => {
  const dom = crel(tag, { className })
  return { dom, contentDOM: dom }
}

export const QuestionWords = Node.create({
  name: "questionWords",
  content: "inline*",
  defining: true,
  isolating: true,

  parseHTML() {
    return [{ tag: "summary" }]
  },

  renderHTML() {
    return ["summary", {}, 0]
  },

  addNodeView() {
    return shownAs("p", "question-words")
  },

  addKeyboardShortcuts() {
    return {
      // Enter goes on to the answer.
      Enter: ({ editor }) => {
        const { $from } = editor.state.selection
        if ($from.parent.type.name !== this.name) return false
        return editor.commands.focus($from.after() + 1)
      },
    }
  },
})

export const Question = Node.create({
  name: "question",
  group: "block",
  content: "questionWords block+",
  defining: true,

  parseHTML() {
    return [{ tag: "details" }]
  },

  renderHTML() {
    return ["details", {}, 0]
  },

  addNodeView() {
    return shownAs("div", "question")
  },

  addCommands() {
    return {
      insertQuestion:
        () =>
        ({ state, chain }) => {
          const { $to } = state.selection
          // Below the question one stands in, not within its answer.
          let depth = $to.depth
          while (depth > 0 && $to.node(depth).type.name !== this.name) depth -= 1
          const place = depth ? $to.after(depth) : $to.depth ? $to.after(1) : $to.pos
          const content = [{ type: "questionWords" }, { type: "paragraph" }]
          return chain()
            .insertContentAt(place, { type: this.name, content })
            .focus(place + 2)
            .run()
        },
    }
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "question",
      groups: "nodes",
      button: buttons.material("quiz", gettext("Question and answer")),
      command: (editor) => editor.commands.insertQuestion(),
      active: (editor) => editor.isActive("question"),
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
        if (answer)
          editor
            .chain()
            .focus()
            .updateAttributes("table", { caption: answer.caption.trim() || null })
            .run()
      },
    })
  },
})
