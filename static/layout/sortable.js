// Sort the blocks of an area by dragging their handles, and submit the area's forms without leaving the page. Without
// this script the buttons of each block do the same.
import { dropIndex, mayDrop } from "./drop-position.js"

const status = document.createElement("p")
status.className = "visually-hidden"
status.role = "status"
document.body.append(status)
document.documentElement.classList.add("can-drag")

const submit = async (form, fields) => {
  const body = new FormData(form)
  for (const [name, value] of Object.entries(fields)) body.set(name, value)
  try {
    const response = await fetch(form.action, { method: "POST", body })
    if (!response.ok) throw new Error(response.status)
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    // A page without the form is the sign-in page.
    if (page.querySelector("[data-sortable]")) showPage(page, response.url)
    else location.assign(response.url)
  } catch {
    status.textContent = ""
    alert("Your change could not be saved. Reload this page and try again.")
  }
}

const showPage = (page, url) => {
  history.replaceState(null, "", url)
  document.querySelector("main").replaceChildren(...page.querySelector("main").childNodes)
  document.querySelector("[data-sortable] [autofocus]")?.focus()
  status.textContent = document.querySelector("[data-announcement], .messagelist")?.textContent.trim() ?? ""
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-sortable]")) return
  event.preventDefault()
  submit(event.target, event.submitter ? { [event.submitter.name]: event.submitter.value } : {})
})

class Drag {
  constructor(row) {
    this.row = row
    this.origin = { list: row.parentElement, next: row.nextSibling }
    this.controller = new AbortController()
    const { signal } = this.controller
    row.classList.add("is-dragged")
    document.addEventListener("pointermove", (event) => this.move(event), { signal })
    document.addEventListener("pointerup", () => this.drop(), { signal })
    document.addEventListener("pointercancel", () => this.cancel(), { signal })
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.cancel(), { signal })
  }

  move({ clientX, clientY }) {
    const list = document.elementFromPoint(clientX, clientY)?.closest("[data-parent]")
    if (!list || !this.mayEnter(list)) return
    const others = [...list.children].filter((other) => other !== this.row)
    const boxes = others.map((other) => other.getBoundingClientRect())
    const next = others[dropIndex(boxes, clientY)] ?? null
    if (this.row.parentElement === list && this.row.nextElementSibling === next) return
    list.insertBefore(this.row, next)
    this.row.scrollIntoView({ block: "nearest" })
  }

  mayEnter(list) {
    return mayDrop({
      isLink: "link" in this.row.dataset,
      containsList: this.row.contains(list),
      isNestedList: list.dataset.parent !== "",
    })
  }

  end() {
    this.controller.abort()
    this.row.classList.remove("is-dragged")
  }

  cancel() {
    this.end()
    this.origin.list.insertBefore(this.row, this.origin.next)
  }

  drop() {
    this.end()
    const list = this.row.parentElement
    if (list === this.origin.list && this.row.nextSibling === this.origin.next) return
    submit(this.row.closest("form"), {
      move: this.row.dataset.id,
      parent: list.dataset.parent,
      before: this.row.nextElementSibling?.dataset.id ?? "",
    })
  }
}

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-handle]")
  if (!handle || event.button) return
  event.preventDefault()
  new Drag(handle.closest("li"))
})
