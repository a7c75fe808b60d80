// The dialog of the image library, and <image-picker>, a form field that opens it. The editor opens it with an
// "images:choose" event: detail.resolve receives an image, or with detail.multiple an array of images.
import { adminUrl } from "../admin_theme/admin-urls.js"

let dialog
let onChoose

const createDialog = () => {
  const element = document.createElement("dialog")
  element.className = "image-dialog"
  element.innerHTML =
    '<form method="dialog"><strong></strong><button aria-label="Close">✕</button></form><iframe title="Images"></iframe>'
  document.body.append(element)
  return element
}

const openDialog = (resolve, multiple = false) => {
  onChoose = (images) => resolve(multiple ? images : images[0])
  dialog ??= createDialog()
  const title = multiple ? "Choose images" : "Choose an image"
  const url = adminUrl("imagePickerUrl")
  dialog.setAttribute("aria-label", title)
  dialog.querySelector("strong").textContent = title
  dialog.querySelector("iframe").src = multiple ? `${url}?multiple=1` : url
  dialog.showModal()
}

// The page in the iframe (bulk-select.js) reports what the author chose.
window.addEventListener("message", ({ origin, data }) => {
  if (origin !== location.origin || !dialog?.open) return
  if (data?.kind === "images:closed") dialog.close()
  if (data?.kind !== "images:chosen") return
  dialog.close()
  onChoose(data.images)
})

document.addEventListener("images:choose", ({ detail }) => openDialog(detail.resolve, detail.multiple))

class ImagePicker extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input")
    this.img = this.querySelector("img")
    this.chooseButton = this.querySelector("[data-choose]")
    this.removeButton = this.querySelector("[data-remove]")
    this.chooseButton.addEventListener("click", () => openDialog((image) => this.select(image)))
    this.removeButton.addEventListener("click", () => this.select(null))
  }

  select(image) {
    this.input.value = image?.id ?? ""
    this.img.src = image?.thumb ?? ""
    this.img.alt = image?.title ?? ""
    this.img.hidden = !image
    this.removeButton.hidden = !image
    this.chooseButton.textContent = image ? "Choose another image" : "Choose an image"
    this.input.dispatchEvent(new Event("change", { bubbles: true }))
  }
}

customElements.define("image-picker", ImagePicker)
