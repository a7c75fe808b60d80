// The page inside the image dialog: report the chosen images to the page that opened it. With ?multiple= the author
// selects several, across searches and pages, and inserts them together.
import { choiceOf } from "./choice.js"

const isMultiple = new URLSearchParams(location.search).has("multiple")
const results = document.querySelector("[data-chosen-url]")
const useButton = document.querySelector("[data-use]")
const selected = new Map()

const report = (images) => {
  const data = new FormData()
  data.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value)
  for (const { id } of images) data.append("id", id)
  // The library lists recently used images first.
  fetch(results.dataset.chosenUrl, { method: "POST", body: data, keepalive: true })
  window.parent.postMessage({ kind: "images:chosen", images }, location.origin)
}

const useLabel = (count) => {
  if (count === 0) return "Choose images"
  return count === 1 ? "Use 1 image" : `Use ${count} images`
}

const showSelection = () => {
  if (!isMultiple) return
  for (const button of results.querySelectorAll("button[data-id]")) {
    button.setAttribute("role", "checkbox")
    button.setAttribute("aria-checked", selected.has(button.dataset.id))
  }
  useButton.disabled = !selected.size
  useButton.textContent = useLabel(selected.size)
}

const choose = (button) => {
  if (!isMultiple) return report([choiceOf(button)])
  if (!selected.delete(button.dataset.id)) selected.set(button.dataset.id, choiceOf(button))
  return showSelection()
}

const load = async (url) => {
  const response = await fetch(url)
  const page = new DOMParser().parseFromString(await response.text(), "text/html")
  const loaded = page.querySelector("[data-chosen-url]")
  // A page without results is the sign-in page.
  if (!loaded) return location.assign(url)
  results.replaceChildren(...loaded.childNodes)
  return showSelection()
}

const moveFocus = (event) => {
  const buttons = [...results.querySelectorAll("button[data-id]")]
  const index = buttons.indexOf(event.target)
  const columns = buttons.filter(({ offsetTop }) => offsetTop === buttons[0].offsetTop).length
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key]
  if (index < 0 || !step) return
  event.preventDefault()
  buttons[index + step]?.focus()
}

results.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-id]")
  if (button) choose(button)
  const link = event.target.closest("[data-pages] a")
  if (link) {
    event.preventDefault()
    load(link.href)
  }
})
results.addEventListener("keydown", moveFocus)

document.querySelector("form[role=search]").addEventListener("submit", (event) => {
  event.preventDefault()
  load(`?${new URLSearchParams(new FormData(event.target))}`)
})

document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") window.parent.postMessage({ kind: "images:closed" }, location.origin)
})

document.addEventListener("images:uploaded", ({ detail: { cards } }) => {
  const buttons = cards.map((card) => card.querySelector("button"))
  // A single upload is most likely the image the author wants, so choose it right away.
  if (isMultiple || buttons.length === 1) buttons.forEach(choose)
})

useButton?.addEventListener("click", () => report([...selected.values()]))
showSelection()
const uploaded = document.querySelector("[data-uploaded] button")
if (uploaded) choose(uploaded)
