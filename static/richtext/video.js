// Video  <div data-embed="video" data-id="7" data-start="90"></div>
// A video of YouTube or Vimeo, shown as a thumbnail until the visitor plays it. The server recognizes the video's URL
// and stores its title and thumbnail.
import { crel, gettext, Node, pm, updateAttrsDialog } from "django-prose-editor/editor"
import { adminUrl } from "../admin_theme/admin-urls.js"
import { button, insertAfterSelection, removeNode } from "./editor-ui.js"
import { chooseImages } from "./image-dialog.js"
import { isVideoUrl } from "./video-url.js"

const askForVideo = (editor, attrs, error) =>
  updateAttrsDialog(
    {
      url: {
        type: "string",
        title: gettext("Video URL"),
        description:
          error ||
          gettext(
            "From YouTube or Vimeo, as in the address bar or the Share button. A start time such as t=90 is kept.",
          ),
      },
      title: {
        type: "string",
        title: gettext("Title"),
        description: gettext("Leave empty to use the video's own title."),
      },
    },
    { title: gettext("Video"), submitText: gettext("Insert") },
  )(editor, attrs)

const saveVideo = async (editor, fields) => {
  const body = new FormData()
  const token = editor.view.dom.closest("form").querySelector("[name=csrfmiddlewaretoken]").value
  for (const [name, value] of Object.entries({ csrfmiddlewaretoken: token, ...fields })) body.set(name, value)
  try {
    const response = await fetch(adminUrl("videoUrl"), { method: "POST", body })
    return await response.json()
  } catch {
    return { problem: gettext("The video could not be saved. Check your connection and sign-in, then try again.") }
  }
}

const confirmImageChoice = (problem) =>
  new Promise((resolve) => {
    const dialog = crel("dialog", { className: "prose-editor-dialog video-dialog" }, [
      crel("p", { textContent: problem }),
      crel("form", { method: "dialog" }, [
        crel("button", { value: "choose", textContent: gettext("Choose an image") }),
        crel("button", { value: "", textContent: gettext("Continue without an image") }),
      ]),
    ])
    dialog.addEventListener("close", () => {
      dialog.remove()
      resolve(dialog.returnValue === "choose")
    })
    document.body.append(dialog)
    dialog.showModal()
  })

// If the video's site offers no thumbnail, the author may choose an image from the library.
const replaceThumbnail = async (editor, type, url, problem) => {
  if (!(await confirmImageChoice(problem))) return
  const [image] = await chooseImages(false)
  const video = await saveVideo(editor, { url, image: image.id })
  if (!video.thumb) return
  editor.state.doc.descendants((node, position) => {
    if (node.type.name !== type || node.attrs.id !== String(video.id)) return
    editor.view.dispatch(editor.state.tr.setNodeMarkup(position, null, toAttributes(video)))
  })
}

const clock = (seconds) => {
  const [minutes, rest] = [Math.floor(seconds / 60), String(seconds % 60).padStart(2, "0")]
  return minutes < 60
    ? `${minutes}:${rest}`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`
}

const toAttributes = ({ id, title, thumb, start }) => ({
  id: String(id),
  title,
  thumb,
  start: start ? String(start) : "",
})

// A paragraph that contains only the URL of a video. The server decides whether it is one.
const findLine = (doc, url) => {
  let found = null
  doc.forEach((node, position) => {
    if (node.type.name === "paragraph" && node.textContent.trim() === url) found ??= { node, position }
  })
  return found
}

// Replace the paragraph, unless the author has changed it in the meantime or the server finds no such video.
const convertLine = async (editor, type, url) => {
  const video = await saveVideo(editor, { url, title: "" })
  const line = video.id && findLine(editor.state.doc, url)
  if (!line) return
  const { node, position } = line
  const { state, view } = editor
  const content = state.schema.nodes[type].create(toAttributes(video))
  view.dispatch(state.tr.replaceWith(position, position + node.nodeSize, content))
}

const lineWithCursor = ({ selection: { $from, empty } }) => {
  const isLine = empty && $from.depth === 1 && $from.parent.type.name === "paragraph"
  const text = isLine ? $from.parent.textContent.trim() : ""
  return isVideoUrl(text) ? text : ""
}

const insertVideo = async (editor, type) => {
  let attrs = { url: "", title: "" }
  let video = {}
  while (!video.id) {
    attrs = await askForVideo(editor, attrs, video.problem)
    if (!attrs) return
    video = await saveVideo(editor, attrs)
  }
  insertAfterSelection(editor, { type, attrs: toAttributes(video) })
  if (video.problem) await replaceThumbnail(editor, type, attrs.url, video.problem)
}

export const Video = Node.create({
  name: "video",
  group: "block",
  atom: true,
  draggable: true,

  addAttributes() {
    const attribute = (name) => ({
      default: "",
      parseHTML: (element) => element.dataset[name] ?? "",
      renderHTML: () => ({}),
    })
    return { id: attribute("id"), title: attribute("title"), thumb: attribute("thumb"), start: attribute("start") }
  },

  parseHTML() {
    return [{ tag: 'div[data-embed="video"]' }]
  },

  renderHTML({ node: { attrs } }) {
    const start = attrs.start ? { "data-start": attrs.start } : {}
    const names = { "data-title": attrs.title, "data-thumb": attrs.thumb }
    return ["div", { "data-embed": "video", "data-id": attrs.id, ...start, ...names }]
  },

  addNodeView() {
    return ({ node, editor, getPos }) => {
      const { title, thumb, start } = node.attrs
      const from = start ? ` (${gettext("from")} ${clock(Number(start))})` : ""
      const thumbnail = thumb ? [crel("img", { src: thumb, alt: "" })] : []
      const controls = [button(gettext("Remove"), () => removeNode(editor, getPos, node))]
      return {
        dom: crel("div", { className: "video", contentEditable: "false" }, [
          ...thumbnail,
          crel("p", { className: "video-title", textContent: `▶ ${title}${from}` }),
          crel("div", { className: "figure-controls" }, controls),
        ]),
      }
    }
  },

  addCommands() {
    return {
      insertVideo:
        () =>
        ({ editor, dispatch }) => {
          if (dispatch) insertVideo(editor, this.name)
          return true
        },
    }
  },

  addKeyboardShortcuts() {
    return {
      Enter: ({ editor }) => {
        const url = lineWithCursor(editor.state)
        if (url) convertLine(editor, this.name, url)
        // The URL stays until the server has answered, and Enter starts the next line.
        return false
      },
    }
  },

  addProseMirrorPlugins() {
    const { editor, name } = this
    const handlePaste = (view, { clipboardData }) => {
      const text = clipboardData?.getData("text/plain").trim() ?? ""
      const { $from, empty } = view.state.selection
      const isEmptyLine = empty && $from.depth === 1 && $from.parent.content.size === 0
      if (isEmptyLine && isVideoUrl(text)) setTimeout(() => convertLine(editor, name, text))
      return false
    }
    return [new pm.state.Plugin({ props: { handlePaste } })]
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "video",
      groups: "nodes",
      button: buttons.material("movie", gettext("Video from YouTube or Vimeo")),
      command: (editor) => editor.commands.insertVideo(),
    })
  },
})
