// Video  <div data-embed="video" data-id="7"></div>: a video of YouTube or Vimeo, shown to readers as a picture that
// plays when clicked. The server knows the video by its address and keeps its title and picture.
import { crel, gettext, Node, updateAttrsDialog } from "django-prose-editor/editor"

const ask = (editor, attrs, problem) =>
  updateAttrsDialog(
    {
      address: {
        type: "string",
        title: gettext("Address of the video"),
        description: problem || gettext("From YouTube or Vimeo. Copy it from the video's page or its Share button."),
      },
      title: {
        type: "string",
        title: gettext("Title"),
        description: gettext("The video's own if you leave it empty."),
      },
    },
    { title: gettext("Video"), submitText: gettext("Use") },
  )(editor, attrs)

async function send(editor, facts) {
  const body = new FormData()
  const token = editor.view.dom.closest("form").querySelector("[name=csrfmiddlewaretoken]").value
  for (const [name, value] of Object.entries({ csrfmiddlewaretoken: token, ...facts })) body.set(name, value)
  try {
    return await (await fetch("/admin/images/video/from-address/", { method: "POST", body })).json()
  } catch {
    return { problem: gettext("That did not work. Check that you are still online and signed in, then try again.") }
  }
}

// The site that holds the video gave no picture of it: the author may choose one of the library.
function chooseInstead(editor, address, problem) {
  return new Promise((resolve) => {
    const dialog = crel("dialog", { className: "prose-editor-dialog video-dialog" }, [
      crel("p", { textContent: problem }),
      crel("form", { method: "dialog" }, [
        crel("button", { value: "choose", textContent: gettext("Choose a picture") }),
        crel("button", { value: "", textContent: gettext("Go on without") }),
      ]),
    ])
    dialog.addEventListener("close", () => {
      dialog.remove()
      if (dialog.returnValue !== "choose") return resolve(null)
      const chosen = async (image) => resolve(await send(editor, { address, image: image.id }))
      document.dispatchEvent(new CustomEvent("images:choose", { detail: { resolve: chosen } }))
    })
    document.body.append(dialog)
    dialog.showModal()
  })
}

async function insert(editor, type) {
  let attrs = { address: "", title: "" }
  let video = {}
  while (!video.id) {
    attrs = await ask(editor, attrs, video.problem)
    if (!attrs) return
    video = await send(editor, attrs)
  }
  const content = ({ id, title, thumb }) => ({ type, attrs: { id: String(id), title, thumb } })
  // After what is selected, never in its place: no word is lost to a video.
  editor.chain().focus().setTextSelection(editor.state.selection.to).insertContent(content(video)).run()
  const better = video.problem && (await chooseInstead(editor, attrs.address, video.problem))
  if (!better?.thumb) return
  editor.state.doc.descendants((node, position) => {
    if (node.type.name !== type || node.attrs.id !== String(better.id)) return
    editor.view.dispatch(editor.state.tr.setNodeMarkup(position, null, content(better).attrs))
  })
}

export const Video = Node.create({
  name: "video",
  group: "block",
  atom: true,
  draggable: true,

  addAttributes() {
    const kept = (name) => ({ default: "", parseHTML: (el) => el.dataset[name] ?? "", renderHTML: () => ({}) })
    return { id: kept("id"), title: kept("title"), thumb: kept("thumb") }
  },

  parseHTML() {
    return [{ tag: 'div[data-embed="video"]' }]
  },

  renderHTML({ node: { attrs } }) {
    return ["div", { "data-embed": "video", "data-id": attrs.id, "data-title": attrs.title, "data-thumb": attrs.thumb }]
  },

  addNodeView() {
    return ({ node, editor, getPos }) => {
      const remove = crel("button", { type: "button", textContent: gettext("Remove") })
      remove.addEventListener("click", () => {
        const position = getPos()
        editor.view.dispatch(editor.state.tr.delete(position, position + node.nodeSize))
      })
      const picture = node.attrs.thumb ? [crel("img", { src: node.attrs.thumb, alt: "" })] : []
      const title = crel("p", { className: "video-title", textContent: `▶ ${node.attrs.title}` })
      const controls = crel("div", { className: "figure-controls" }, [remove])
      return { dom: crel("div", { className: "video", contentEditable: "false" }, [...picture, title, controls]) }
    }
  },

  addCommands() {
    return {
      insertVideo:
        () =>
        ({ editor, dispatch }) => {
          if (dispatch) insert(editor, this.name)
          return true
        },
    }
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
