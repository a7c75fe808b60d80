// Lists in an order: dragged by their handles, and every button of theirs answers in place instead of with a new page.
// Without this file the buttons still do it all.
const said = document.createElement("p")
said.className = "visually-hidden"
said.role = "status"
document.body.append(said)
document.documentElement.classList.add("can-drag")

async function send(form, fields) {
  const body = new FormData(form)
  for (const [name, value] of Object.entries(fields)) body.set(name, value)
  let page
  try {
    const answer = await fetch(form.action, { method: "POST", body })
    if (!answer.ok) throw new Error(answer.status)
    page = new DOMParser().parseFromString(await answer.text(), "text/html")
    if (!page.querySelector("[data-order]")) return location.assign(answer.url) // signed out meanwhile
    history.replaceState(null, "", answer.url)
  } catch {
    said.textContent = ""
    return alert("That did not reach the site. Nothing is lost: load the page again and repeat your last step.")
  }
  document.querySelector("main").replaceChildren(...page.querySelector("main").childNodes)
  document.querySelector("[data-order] [autofocus]")?.focus()
  said.textContent = document.querySelector("[data-said], .messagelist")?.textContent.trim() ?? ""
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-order]")) return
  event.preventDefault()
  send(event.target, event.submitter ? { [event.submitter.name]: event.submitter.value } : {})
})

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-handle]")
  if (!handle || event.button) return
  event.preventDefault()
  const row = handle.closest("li")
  const home = [row.parentElement, row.nextSibling]
  row.classList.add("is-dragged")

  const over = ({ clientX, clientY }) => {
    const list = document.elementFromPoint(clientX, clientY)?.closest("[data-under]")
    // Only a link goes under a heading, and nothing under itself.
    if (!list || row.contains(list) || (list.dataset.under && !("line" in row.dataset))) return
    const others = [...list.children].filter((other) => other !== row)
    const before = others.find((other) => {
      const box = other.getBoundingClientRect()
      return clientY < box.top + box.height / 2
    })
    if (row.parentElement !== list || row.nextElementSibling !== (before ?? null)) {
      list.insertBefore(row, before ?? null)
      row.scrollIntoView({ block: "nearest" })
    }
  }
  const end = (drop) => {
    watch.abort()
    row.classList.remove("is-dragged")
    if (!drop) return home[0].insertBefore(row, home[1])
    if (row.parentElement === home[0] && row.nextSibling === home[1]) return
    const list = row.parentElement
    send(row.closest("form"), {
      move: row.dataset.key,
      under: list.dataset.under,
      before: row.nextElementSibling?.dataset.key ?? "",
    })
  }
  const watch = new AbortController()
  const { signal } = watch
  document.addEventListener("pointermove", over, { signal })
  document.addEventListener("pointerup", () => end(true), { signal })
  document.addEventListener("pointercancel", () => end(false), { signal })
  document.addEventListener("keydown", (key) => key.key === "Escape" && end(false), { signal })
})
