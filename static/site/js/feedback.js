// Sends a reader's answer and shows what comes back in its place; offers to correct the words that are selected.
// Without this file the answers have pages of their own, and the form for a correction asks for the passage.
const MOST = 1000

document.addEventListener("submit", async (event) => {
  const form = event.target
  const place = form.closest("[data-feedback]")
  if (!place?.hasAttribute("aria-live") || form.hasAttribute("data-plain")) return
  event.preventDefault()
  if (place.ariaBusy === "true") return
  place.ariaBusy = "true"
  try {
    const body = new URLSearchParams(new FormData(form, event.submitter))
    const response = await fetch(form.action, { method: "POST", body })
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    place.replaceChildren(...page.querySelector("[data-feedback]").childNodes)
    place.querySelector("[aria-invalid], [data-focus], button")?.focus()
  } catch {
    // No connection, or an answer of another kind: the browser's own way says what is wrong.
    form.setAttribute("data-plain", "")
    form.requestSubmit(event.submitter)
  }
  place.ariaBusy = "false"
})

const link = document.querySelector("[data-suggest]")
if (link) {
  const address = link.href
  const button = document.createElement("a")
  button.className = "button quote-button"
  button.href = address
  button.rel = "nofollow"
  button.textContent = link.textContent
  button.hidden = true
  document.body.append(button)

  const offer = () => {
    const selection = document.getSelection()
    const words = selection.toString().trim()
    const text = selection.anchorNode?.parentElement?.closest(link.dataset.suggest)
    const isOurs = words.length > 2 && text?.contains(selection.focusNode)
    link.href = button.href = isOurs ? `${address}?${new URLSearchParams({ passage: words.slice(0, MOST) })}` : address
    button.hidden = !isOurs
    if (!isOurs) return
    const { bottom, left, width } = selection.getRangeAt(0).getBoundingClientRect()
    const room = document.documentElement.clientWidth - button.offsetWidth - 8
    button.style.top = `${Math.round(bottom + scrollY + 8)}px`
    button.style.left = `${Math.round(Math.max(8, Math.min(left + (width - button.offsetWidth) / 2, room)))}px`
  }

  let timer
  document.addEventListener("selectionchange", () => {
    clearTimeout(timer)
    timer = setTimeout(offer, 250)
  })
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") button.hidden = true
  })
}
