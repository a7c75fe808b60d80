// Upload images dropped on the page or chosen in its form, one at a time, each with its progress. New images appear at
// the start of [data-image-list]; an "images:uploaded" event lists them in detail.cards.
import { sendImage } from "./send-image.js"

const form = document.querySelector("form[data-upload]")
const lines = form?.querySelector(".uploads")
const input = form?.elements.uploads

const createLine = (file) => {
  const line = document.createElement("li")
  const bar = document.createElement("progress")
  bar.max = 1
  bar.value = 0
  line.append(file.name, bar)
  lines.append(line)
  return { line, bar }
}

// Resolve to the HTML of the new image's card, or to undefined if the file was refused.
const upload = async (file, isOnlyFile) => {
  const { line, bar } = createLine(file)
  const data = new FormData(form)
  // The alternative text describes a single image.
  if (!isOnlyFile) data.delete("alt")
  const onProgress = (fraction) => {
    if (fraction < 1) bar.value = fraction
    // The server still processes the file after the last byte.
    else bar.removeAttribute("value")
  }
  const { card, problem } = await sendImage(form.getAttribute("action"), data, file, { onProgress })
  bar.remove()
  line.className = card ? "added" : "refused"
  line.textContent = card ? `${file.name} is in the library.` : problem
  return card
}

const addCard = (html) => {
  const list = document.querySelector("[data-image-list]")
  list.querySelector("[data-empty]")?.remove()
  const template = document.createElement("ul")
  template.innerHTML = html
  const card = template.firstElementChild
  list.prepend(card)
  return card
}

const uploadAll = async (files) => {
  const added = []
  lines.replaceChildren(...lines.querySelectorAll(":has(progress)"))
  for (const file of files) {
    const card = await upload(file, files.length === 1)
    if (card) added.push(addCard(card))
  }
  form.reset()
  document.dispatchEvent(new CustomEvent("images:uploaded", { detail: { cards: added } }))
}

// Files dropped during an upload wait for it.
let queue = Promise.resolve()

const enqueue = (files) => {
  if (files.length) queue = queue.then(() => uploadAll(files))
}

const acceptDroppedFiles = () => {
  const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files")
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    document.body.classList.add("is-dropping")
  })
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("is-dropping")
  })
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    document.body.classList.remove("is-dropping")
    enqueue([...event.dataTransfer.files])
  })
}

if (form) {
  const isImmediate = form.dataset.upload === "immediate"
  form.classList.toggle("upload--immediate", isImmediate)
  input.addEventListener("change", () => {
    if (isImmediate) enqueue([...input.files])
  })
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    if (input.files.length) enqueue([...input.files])
    else input.focus()
  })
  acceptDroppedFiles()
}
