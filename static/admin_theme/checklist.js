// A link of the checklist opens the group that holds its field, and focuses the field.
const FOCUSABLE = ".ProseMirror, input:not([type=hidden]), select, textarea, button"

document.querySelector("[data-checklist]")?.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]')
  const row = link && document.querySelector(link.hash)?.closest(".form-row")
  if (!row) return
  event.preventDefault()
  const group = row.closest("details")
  if (group) group.open = true
  row.scrollIntoView({ block: "center" })
  const isVisible = (element) => element.offsetParent && !element.closest(".prose-menubar")
  const field = [...row.querySelectorAll(FOCUSABLE)].find(isVisible)
  field?.focus({ preventScroll: true })
})
