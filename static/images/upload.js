// Pictures dropped anywhere on the page, or chosen in its upload form, go up one at a time, each with its progress.
// What came is put in front of the page's [data-pictures] and told by "images:uploaded" with detail.cards.
const form = document.querySelector("form[data-upload]")
const lines = form?.querySelector(".uploads")
const input = form?.elements.uploads

const send = (file, isAlone) =>
  new Promise((resolve) => {
    const line = document.createElement("li")
    const bar = document.createElement("progress")
    bar.max = 1
    bar.value = 0
    line.append(file.name, bar)
    lines.append(line)
    const data = new FormData(form)
    data.set("uploads", file)
    if (!isAlone) data.delete("alt")
    const request = new XMLHttpRequest()
    const end = () => {
      const { cards, problems } = request.response ?? {}
      bar.remove()
      line.className = cards?.length ? "added" : "refused"
      line.textContent = cards?.length
        ? `${file.name} is in the library.`
        : (problems?.join(" ") ??
          `${file.name} did not arrive. Check that you are still online and signed in, then try again.`)
      resolve(cards ?? [])
    }
    // What the server does after the last byte takes a moment too.
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      if (loaded < total) bar.value = loaded / total
      else bar.removeAttribute("value")
    })
    request.addEventListener("loadend", end)
    request.open("POST", form.getAttribute("action"))
    request.setRequestHeader("Accept", "application/json")
    request.responseType = "json"
    request.send(data)
  })

let last = Promise.resolve()

async function sendAll(files) {
  const added = []
  lines.replaceChildren(...lines.querySelectorAll(":has(progress)"))
  for (const file of files) {
    for (const card of await send(file, files.length === 1)) {
      const holder = document.createElement("ul")
      holder.innerHTML = card
      const grid = document.querySelector("[data-pictures]")
      grid.querySelector(".pick-none")?.remove()
      added.push(holder.firstElementChild)
      grid.prepend(holder.firstElementChild)
    }
  }
  form.reset()
  document.dispatchEvent(new CustomEvent("images:uploaded", { detail: { cards: added } }))
}

// One after another, also when more are dropped while some are on their way.
const queue = (files) => {
  if (files.length) last = last.then(() => sendAll(files))
}

if (form) {
  const isAtOnce = form.dataset.upload === "at-once"
  form.classList.toggle("upload--at-once", isAtOnce)
  input.addEventListener("change", () => {
    if (isAtOnce) queue([...input.files])
  })
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    if (input.files.length) queue([...input.files])
    else input.focus()
  })
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
    queue([...event.dataTransfer.files])
  })
}
