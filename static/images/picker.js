// The library's dialog. Opened by <image-picker> (a form's picture field) and by the editor, which asks with an
// "images:choose" event whose detail carries resolve(image).
const address = new URL("/admin/images/image/pick/", location.origin)
let dialog
let answer

function open(resolve) {
  answer = resolve
  if (!dialog) {
    dialog = document.createElement("dialog")
    dialog.className = "image-dialog"
    dialog.setAttribute("aria-label", "Choose a picture")
    dialog.innerHTML =
      '<form method="dialog"><strong>Choose a picture</strong><button aria-label="Close">✕</button></form><iframe title="Pictures"></iframe>'
    document.body.append(dialog)
  }
  dialog.querySelector("iframe").src = address
  dialog.showModal()
}

window.addEventListener("message", ({ origin, data }) => {
  if (origin !== location.origin || data?.kind !== "images:chosen" || !dialog?.open) return
  dialog.close()
  answer(data.image)
})

document.addEventListener("images:choose", ({ detail }) => open(detail.resolve))

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
