// Upload images dropped on the page or chosen in its form, one at a time, each with its progress. New images appear at
// the start of [data-image-list]; an "images:uploaded" event lists them in detail.cards.
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

const resultMessage = (file, { cards, problems }) => {
  if (cards?.length) return `${file.name} is in the library.`
  if (problems) return problems.join(" ")
  return `${file.name} could not be uploaded. Check your connection and sign-in, then try again.`
}

// Resolve to the HTML of the new images' cards, which is empty if the server refused the file.
const upload = (file, isOnlyFile) =>
  new Promise((resolve) => {
    const { line, bar } = createLine(file)
    const data = new FormData(form)
    data.set("uploads", file)
    // The alternative text describes a single image.
    if (!isOnlyFile) data.delete("alt")
    const request = new XMLHttpRequest()
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      if (loaded < total) bar.value = loaded / total
      // The server still processes the file after the last byte.
      else bar.removeAttribute("value")
    })
    request.addEventListener("loadend", () => {
      const answer = request.response ?? {}
      bar.remove()
      line.className = answer.cards?.length ? "added" : "refused"
      line.textContent = resultMessage(file, answer)
      resolve(answer.cards ?? [])
    })
    request.open("POST", form.getAttribute("action"))
    request.setRequestHeader("Accept", "application/json")
    request.responseType = "json"
    request.send(data)
  })

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
    const cards = await upload(file, files.length === 1)
    added.push(...cards.map(addCard))
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
