// ImageUpload: dropped and pasted images and handouts go to the library, and then into the text.
import { Extension, pm } from "django-prose-editor/editor"
import { adminUrl } from "../admin_theme/admin-urls.js"
import { choiceOf } from "../images/choice.js"
import { sendImage } from "../images/send-image.js"
import { renewToken } from "../publishing/session.js"
import { createFigure } from "./figure.js"
import { sendFile } from "./file-upload.js"
import { elsewhere, fileFromDataUrl, isHandout, isImage } from "./image-files.js"
import { pasteWithMarks, replaceImages } from "./pasted-images.js"
import { PendingImage, pendingPlugin } from "./pending-images.js"

const unknownType = ({ name }) =>
  `“${name}” was not added, because it is no image or PDF. Drop JPEG, PNG, WebP, AVIF, GIF, HEIC or PDF files here.`

const send = (form, file, options) => {
  const data = new FormData()
  data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value)
  data.set("place", "picker")
  return sendImage(adminUrl("imageUploadUrl"), data, file, options)
}

// Send the file again if signing in in another tab made the form's token out of date.
const sendWithCurrentToken = async (form, file, options) => {
  const answer = await send(form, file, options)
  if (answer.status !== 403) return answer
  try {
    return (await renewToken(form)) ? await send(form, file, options) : answer
  } catch (error) {
    return { problem: `“${file.name}” was not added. ${error.message}`, canRetry: true }
  }
}

const choiceFromCard = (html) => {
  const template = document.createElement("template")
  template.innerHTML = html
  return choiceOf(template.content.querySelector("button[data-id]"))
}

class Uploads {
  constructor(view) {
    this.view = view
    // One file at a time, in the order in which they came.
    this.queue = Promise.resolve()
  }

  add(file, position) {
    const pending = new PendingImage(this.view, file.name, position)
    if (isImage(file) || isHandout(file)) this.enqueue(pending, file)
    else pending.fail(unknownType(file))
  }

  addAll(files, position) {
    for (const file of files) this.add(file, position)
  }

  enqueue(pending, file) {
    pending.showProgress(0)
    this.queue = this.queue.then(() => this.upload(pending, file))
  }

  async upload(pending, file) {
    if (pending.isCancelled) return
    if (isHandout(file)) return this.uploadHandout(pending, file)
    const options = {
      onProgress: (fraction) => pending.showProgress(fraction),
      signal: pending.controller.signal,
    }
    const { card, problem, canRetry } = await sendWithCurrentToken(this.view.dom.closest("form"), file, options)
    if (pending.isCancelled) return
    if (card) pending.replaceWith(createFigure([choiceFromCard(card)]))
    else pending.fail(problem, canRetry && (() => this.enqueue(pending, file)))
  }

  async uploadHandout(pending, file) {
    const { id, name, problem } = await sendFile(this.view.dom.closest("form"), file)
    if (pending.isCancelled) return
    if (id) pending.replaceWith({ type: "embed", attrs: { kind: "file", id: String(id), title: name } })
    else pending.fail(problem, () => this.enqueue(pending, file))
  }

  // Add the images of pasted HTML that contain their data. Say how many others there are.
  addPasted(places) {
    const files = places.map(({ source }) => fileFromDataUrl(source))
    const missing = places.filter((_, index) => !files[index])
    for (const [index, file] of files.entries()) {
      if (file) this.add(file, places[index].position)
    }
    if (missing.length) new PendingImage(this.view, "", missing[0].position).fail(elsewhere(missing.length))
  }
}

const hasText = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent.trim() !== ""

// Word and LibreOffice also offer copied text as an image of it.
const filesOf = (data) => (hasText(data.getData("text/html")) ? [] : [...data.files])

// Before or after the paragraph with the cursor.
const cursorPosition = ({ $from }) => {
  if (!$from.parent.isTextblock) return $from.pos
  return $from.parentOffset === 0 ? $from.start() : $from.end()
}

const uploadPlugin = () => {
  let uploads
  let sources = []
  const insert = (view, data, slice, { position, selection, uiEvent }) => {
    const files = filesOf(data)
    const pasted = sources
    sources = []
    if (files.length) {
      uploads.addAll(files, position)
      return true
    }
    if (!pasted.length) return false
    uploads.addPasted(pasteWithMarks(view, slice, selection, pasted, uiEvent))
    return true
  }
  return new pm.state.Plugin({
    view: (view) => {
      uploads = new Uploads(view)
      return {}
    },
    props: {
      transformPastedHTML: (html) => {
        const replaced = replaceImages(html)
        sources = replaced.sources
        return replaced.html
      },
      handlePaste: (view, { clipboardData }, slice) => {
        const { selection } = view.state
        const place = { position: cursorPosition(selection), selection, uiEvent: "paste" }
        return clipboardData !== null && insert(view, clipboardData, slice, place)
      },
      handleDrop: (view, event, slice, isMoved) => {
        const position = view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos
        if (isMoved || position === undefined || !event.dataTransfer) return false
        const selection = pm.state.Selection.near(view.state.doc.resolve(position))
        return insert(view, event.dataTransfer, slice, { position, selection, uiEvent: "drop" })
      },
    },
  })
}

// A file dropped beside the text must not replace the page.
for (const type of ["dragover", "drop"]) {
  document.addEventListener(type, (event) => {
    const isFile = event.dataTransfer?.types.includes("Files")
    if (event.defaultPrevented || !isFile || event.target.closest?.("input[type=file]")) return
    event.preventDefault()
    event.dataTransfer.dropEffect = "none"
  })
}

export const ImageUpload = Extension.create({
  name: "imageUpload",
  // Before the plugins that insert pasted content themselves, such as that of tables.
  priority: 1000,

  addProseMirrorPlugins() {
    return [pendingPlugin(), uploadPlugin()]
  },
})
