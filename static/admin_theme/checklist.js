// A finding's link leads into its field: closed groups open, and the cursor is where the writing is.
document.querySelector("[data-checklist]")?.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]')
  const row = link && document.querySelector(link.hash)?.closest(".form-row")
  if (!row) return
  event.preventDefault()
  const group = row.closest("details")
  if (group) group.open = true
  row.scrollIntoView({ block: "center" })
  const places = ".ProseMirror, input:not([type=hidden]), select, textarea, button"
  const visible = [...row.querySelectorAll(places)].filter(
    (place) => place.offsetParent && !place.closest(".prose-menubar"),
  )
  visible[0]?.focus({ preventScroll: true })
})
