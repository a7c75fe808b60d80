// The dialogs for Ctrl/Cmd+K, which finds anything in the admin by words, and for "?", which lists the shortcuts.
const dialog = document.getElementById("admin-search")
const shortcuts = document.getElementById("admin-shortcuts")
const field = dialog.querySelector("input")
const list = dialog.querySelector("[role=listbox]")
const status = dialog.querySelector("[role=status]")
let request = new AbortController()
let timer

const options = () => [...list.children]
const selected = () => options().find((option) => option.ariaSelected === "true")

const select = (option) => {
  for (const other of options()) other.ariaSelected = String(other === option)
  option?.scrollIntoView({ block: "nearest" })
  if (option) field.setAttribute("aria-activedescendant", option.id)
  else field.removeAttribute("aria-activedescendant")
}

const makeOption = ({ title, kind, url }, index) => {
  const option = document.createElement("li")
  option.id = `admin-search-result-${index}`
  option.role = "option"
  option.dataset.url = url
  const label = document.createElement("span")
  label.textContent = kind
  option.append(title, label)
  return option
}

const search = async () => {
  request.abort()
  request = new AbortController()
  const url = `${dialog.dataset.url}?${new URLSearchParams({ q: field.value, format: "json" })}`
  try {
    const response = await fetch(url, { signal: request.signal })
    // The sign-in page is not JSON.
    if (response.redirected) return location.reload()
    const { results } = await response.json()
    list.replaceChildren(...results.map(makeOption))
    list.hidden = !results.length
    status.textContent = results.length ? "" : "Nothing found. Try fewer or other words."
    select(list.firstElementChild)
  } catch (error) {
    if (error.name !== "AbortError") status.textContent = "The search did not answer. Try again."
  }
}

const open = () => {
  if (document.querySelector("dialog[open]")) return
  dialog.showModal()
  field.select()
  search()
}

const move = (step) => {
  const all = options()
  if (all.length) select(all[(all.indexOf(selected()) + step + all.length) % all.length])
}

field.addEventListener("input", () => {
  clearTimeout(timer)
  timer = setTimeout(search, 120)
})
field.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step) move(step)
  else if (event.key === "Enter" && selected()) location.assign(selected().dataset.url)
  // Some browsers clear the field first.
  else if (event.key === "Escape") dialog.close()
  else return
  event.preventDefault()
})
list.addEventListener("click", ({ target }) => {
  const option = target.closest("[role=option]")
  if (option) location.assign(option.dataset.url)
})
for (const box of [dialog, shortcuts]) {
  box.addEventListener("click", ({ target }) => {
    if (target === box) box.close()
  })
}
document.querySelector("[data-open-search]")?.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  open()
})

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable=true]")
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    // In a text, the editor adds a link.
    if (event.defaultPrevented || event.target.closest("[contenteditable=true]")) return
    event.preventDefault()
    open()
  } else if (event.key === "?" && !isTyping && !document.querySelector("dialog[open]")) {
    shortcuts.showModal()
  }
})
