// The library's dialog. Opened by <image-picker> (a form's picture field) and by the editor, which asks with an
// "images:choose" event whose detail carries resolve(image), or with `multiple` resolve([image, ...]).
const address = new URL("/admin/images/image/pick/", location.origin)
let dialog
let answer

function open(resolve, multiple = false) {
  answer = (images) => resolve(multiple ? images : images[0])
  if (!dialog) {
    dialog = document.createElement("dialog")
    dialog.className = "image-dialog"
    dialog.innerHTML =
      '<form method="dialog"><strong></strong><button aria-label="Close">✕</button></form><iframe title="Pictures"></iframe>'
    document.body.append(dialog)
  }
  const name = multiple ? "Choose pictures" : "Choose a picture"
  dialog.setAttribute("aria-label", name)
  dialog.querySelector("strong").textContent = name
  dialog.querySelector("iframe").src = multiple ? `${address}?multiple=1` : address
  dialog.showModal()
}

window.addEventListener("message", ({ origin, data }) => {
  if (origin !== location.origin || !dialog?.open) return
  if (data?.kind === "images:closed") dialog.close()
  if (data?.kind !== "images:chosen") return
  dialog.close()
  answer(data.images)
})

document.addEventListener("images:choose", ({ detail }) => open(detail.resolve, detail.multiple))

customElements.define(
  "image-picker",
  class extends HTMLElement {
    connectedCallback() {
      const [input, img, choose, remove] = ["input", "img", "[data-choose]", "[data-remove]"].map((selector) =>
        this.querySelector(selector),
      )
      const show = (image) => {
        input.value = image?.id ?? ""
        img.src = image?.thumb ?? ""
        img.alt = image?.title ?? ""
        img.hidden = remove.hidden = !image
        choose.textContent = image ? "Choose another picture" : "Choose a picture"
        input.dispatchEvent(new Event("change", { bubbles: true }))
      }
      choose.addEventListener("click", () => open(show))
      remove.addEventListener("click", () => show(null))
    }
  },
)
