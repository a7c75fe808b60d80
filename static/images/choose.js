// Inside the picker's frame: tells the page that opened it which pictures were chosen. In ?multiple= several are
// ticked, across searches and pages, and used together.
const isMultiple = new URLSearchParams(location.search).has("multiple")
const results = document.querySelector(".pick-results")
const use = document.querySelector("[data-use]")
const ticked = new Map()

const facts = ({ dataset: { id, src, thumb, title, caption, alt } }) => ({ id, src, thumb, title, caption, alt })

function tell(images) {
  const data = new FormData()
  data.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value)
  for (const { id } of images) data.append("id", id)
  // They come first next time.
  fetch("/admin/images/image/chosen/", { method: "POST", body: data, keepalive: true })
  window.parent.postMessage({ kind: "images:chosen", images }, location.origin)
}

function show() {
  if (!isMultiple) return
  for (const button of results.querySelectorAll("button[data-id]")) {
    button.setAttribute("role", "checkbox")
    button.setAttribute("aria-checked", ticked.has(button.dataset.id))
  }
  use.disabled = !ticked.size
  use.textContent = ["Choose pictures", "Use 1 picture"][ticked.size] ?? `Use ${ticked.size} pictures`
}

function choose(button) {
  if (!isMultiple) return tell([facts(button)])
  if (!ticked.delete(button.dataset.id)) ticked.set(button.dataset.id, facts(button))
  show()
}

async function load(address) {
  const answer = await fetch(address)
  const page = new DOMParser().parseFromString(await answer.text(), "text/html")
  const found = page.querySelector(".pick-results")
  // Without results it is the sign-in page.
  if (!found) return location.assign(address)
  results.replaceChildren(...found.childNodes)
  show()
}

results.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-id]")
  if (button) choose(button)
  const link = event.target.closest(".pick-pages a")
  if (link) {
    event.preventDefault()
    load(link.href)
  }
})
results.addEventListener("keydown", (event) => {
  const buttons = [...results.querySelectorAll("button[data-id]")]
  const at = buttons.indexOf(event.target)
  const perRow = buttons.filter(({ offsetTop }) => offsetTop === buttons[0].offsetTop).length
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: perRow, ArrowUp: -perRow }[event.key]
  if (at < 0 || !step) return
  event.preventDefault()
  buttons[at + step]?.focus()
})
document.querySelector(".pick-search").addEventListener("submit", (event) => {
  event.preventDefault()
  load(`?${new URLSearchParams(new FormData(event.target))}`)
})
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") window.parent.postMessage({ kind: "images:closed" }, location.origin)
})
document.addEventListener("images:uploaded", ({ detail: { cards } }) => {
  const buttons = cards.map((card) => card.querySelector("button"))
  // One upload is what the author wanted: it is chosen without another click.
  if (isMultiple || buttons.length === 1) buttons.forEach(choose)
})
use?.addEventListener("click", () => tell([...ticked.values()]))
show()
const uploaded = document.querySelector("[data-chosen] button")
if (uploaded) choose(uploaded)
