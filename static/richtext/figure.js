// LibraryFigure  <figure data-align="left"><img data-image="12">…<figcaption>…</figcaption></figure>
// One image from the library, or several as a gallery. The server's sanitizer has the last word on the HTML.
import { crel, gettext, Node, updateAttrsDialog } from "django-prose-editor/editor"
import { button, insertAfterSelection, removeNode } from "./editor-ui.js"
import { chooseImages } from "./image-dialog.js"

const ALIGNMENTS = {
  "": gettext("Normal width"),
  wide: gettext("Wide"),
  left: gettext("Left, with text beside it"),
  right: gettext("Right, with text beside it"),
}

// Images that were just added ask for their alternative text if the library has none.
const toAttributes = ({ id, src, needsAlt }) => ({
  image: String(id),
  src,
  alt: null,
  ...(needsAlt ? { asksAlt: true } : {}),
})

// The content of a new figure with these images from the library.
export const createFigure = (images) => {
  const caption = images.length === 1 ? images[0].caption : ""
  return {
    type: "figure",
    attrs: { images: images.map(toAttributes) },
    content: caption ? [{ type: "text", text: caption }] : [],
  }
}

const askForAlt = (editor, { alt }) =>
  updateAttrsDialog(
    {
      decorative: { type: "boolean", title: gettext("Decorative: screen readers skip it") },
      alt: {
        type: "string",
        title: gettext("Alternative text"),
        description: gettext("Leave empty to use the text from the library."),
      },
    },
    { title: gettext("Alternative text"), submitText: gettext("Save") },
  )(editor, { alt: alt ?? "", decorative: alt === "" })

// The DOM of a figure in the editor: its images with their buttons, a bar with the alignment, and the caption.
class FigureView {
  constructor({ node, editor, getPos }) {
    this.node = node
    this.editor = editor
    this.getPos = getPos
    this.images = crel("div", { className: "figure-images", contentEditable: "false" })
    this.alignment = this.createAlignment()
    this.bar = crel("div", { className: "figure-bar", contentEditable: "false" }, [
      this.alignment,
      button(gettext("Add images"), () => this.addImages()),
      button(gettext("Remove"), () => removeNode(editor, getPos, this.node)),
    ])
    this.contentDOM = crel("figcaption", { "data-placeholder": gettext("Write a caption (optional)") })
    this.dom = crel("figure", {}, [this.images, this.bar, this.contentDOM])
    this.render()
  }

  createAlignment() {
    const options = Object.entries(ALIGNMENTS).map(([value, textContent]) => crel("option", { value, textContent }))
    const select = crel("select", { "aria-label": gettext("Alignment"), title: gettext("Alignment") }, options)
    select.addEventListener("change", () => this.setAttributes({ align: select.value }))
    return select
  }

  setAttributes(attrs) {
    const { state, view } = this.editor
    view.dispatch(state.tr.setNodeMarkup(this.getPos(), null, { ...this.node.attrs, ...attrs }))
  }

  // Pass a copy of the images to `change`, which may modify it, and save the result.
  changeImages(change) {
    const images = [...this.node.attrs.images]
    change(images)
    this.setAttributes({ images })
  }

  async addImages() {
    const chosen = await chooseImages(true)
    this.changeImages((images) => images.push(...chosen.map(toAttributes)))
  }

  async replaceImage(index) {
    const [chosen] = await chooseImages(false)
    this.changeImages((images) => images.splice(index, 1, toAttributes(chosen)))
  }

  async changeAlt(index, image) {
    const answer = await askForAlt(this.editor, image)
    if (!answer) return
    this.saveAlt(index, image, answer.decorative ? "" : answer.alt.trim() || null)
  }

  saveAlt(index, { image, src }, alt) {
    this.changeImages((images) => images.splice(index, 1, { image, src, alt }))
  }

  createAltField(index, image) {
    const label = gettext("What does it show?")
    const input = crel("input", { type: "text", maxLength: 300, placeholder: label, "aria-label": label })
    const save = () => {
      const alt = input.value.trim()
      if (alt) this.saveAlt(index, image, alt)
    }
    // The field is not part of the admin form: autosave reacts to the change of the text.
    input.addEventListener("input", (event) => event.stopPropagation())
    input.addEventListener("change", (event) => {
      event.stopPropagation()
      save()
    })
    input.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "s") save()
      if (event.key !== "Enter") return
      event.preventDefault()
      save()
      this.editor.commands.focus()
    })
    return crel("div", { className: "figure-alt" }, [input])
  }

  galleryButtons(index, count) {
    const move = (to) => this.changeImages((images) => images.splice(to, 0, ...images.splice(index, 1)))
    const remove = () => this.changeImages((images) => images.splice(index, 1))
    const buttons = []
    if (index > 0) buttons.push(button("←", () => move(index - 1), gettext("Move left")))
    if (index < count - 1) buttons.push(button("→", () => move(index + 1), gettext("Move right")))
    buttons.push(button("✕", remove, gettext("Remove from gallery")))
    return buttons
  }

  createImage(image, index, count) {
    const altButton = button(gettext("Alternative text"), () => this.changeAlt(index, image))
    altButton.dataset.alt = ""
    const controls = [
      button(gettext("Replace image"), () => this.replaceImage(index)),
      altButton,
      ...(count > 1 ? this.galleryButtons(index, count) : []),
    ]
    return crel("div", { className: "figure-image" }, [
      crel("img", { src: image.src, alt: image.alt ?? "", "data-image": image.image }),
      crel("div", { className: "figure-controls" }, controls),
      ...(image.asksAlt ? [this.createAltField(index, image)] : []),
    ])
  }

  render() {
    const { images, align } = this.node.attrs
    this.images.dataset.count = images.length
    this.images.replaceChildren(...images.map((image, index) => this.createImage(image, index, images.length)))
    this.alignment.value = align
    this.dom.dataset.align = align
  }

  update(node) {
    if (node.type !== this.node.type) return false
    const isSame = JSON.stringify(node.attrs) === JSON.stringify(this.node.attrs)
    this.node = node
    if (!isSame) this.render()
    return true
  }

  ignoreMutation(mutation) {
    return !this.contentDOM.contains(mutation.target)
  }

  stopEvent({ target }) {
    return this.bar.contains(target) || target.closest?.(".figure-controls, .figure-alt") !== null
  }
}

export const LibraryFigure = Node.create({
  name: "figure",
  group: "block",
  content: "inline*",
  draggable: true,
  isolating: true,

  addAttributes() {
    const parseImage = (img) => ({
      image: img.dataset.image,
      src: img.getAttribute("src") ?? "",
      alt: img.getAttribute("alt"),
    })
    return {
      images: {
        default: [],
        parseHTML: (element) => [...element.querySelectorAll("img[data-image]")].map(parseImage),
        renderHTML: () => ({}),
      },
      align: {
        default: "",
        parseHTML: (element) => (element.dataset.align in ALIGNMENTS ? element.dataset.align : ""),
        renderHTML: ({ align }) => (align ? { "data-align": align } : {}),
      },
    }
  },

  parseHTML() {
    return [
      {
        tag: "figure",
        getAttrs: (element) => (element.querySelector("img[data-image]") ? {} : false),
        contentElement: (element) => element.querySelector("figcaption") ?? document.createElement("figcaption"),
      },
    ]
  },

  renderHTML({ node, HTMLAttributes }) {
    const images = node.attrs.images.map(({ image, src, alt }) => [
      "img",
      { "data-image": image, src, ...(alt === null ? {} : { alt }) },
    ])
    return ["figure", HTMLAttributes, ...images, ["figcaption", {}, 0]]
  },

  addNodeView() {
    return (props) => new FigureView(props)
  },

  addKeyboardShortcuts() {
    return {
      // Enter ends the caption and starts a paragraph.
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
    const choose =
      (multiple) =>
      () =>
      ({ editor, dispatch }) => {
        if (dispatch)
          chooseImages(multiple).then((images) => images.length && insertAfterSelection(editor, createFigure(images)))
        return true
      }
    // The library's own toolbar button calls insertFigure.
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
