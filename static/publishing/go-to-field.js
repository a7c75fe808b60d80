// Links of the checklist and of the list of errors lead to their field: in a closed group, in the settings sheet, or to
// the heading, link or image in the text.
const FOCUSABLE = ".ProseMirror, input:not([type=hidden]), select, textarea, button"

const isVisible = (element) => element.offsetParent && !element.closest(".prose-menubar")

const findInText = (text, place) => {
  const image = text.querySelector(`img[data-image="${CSS.escape(place)}"]`)
  if (image) return image
  const links = [...text.querySelectorAll("a[href]")]
  const headings = [...text.querySelectorAll("h2, h3, h4")]
  return (
    links.find((link) => link.getAttribute("href") === place) ??
    headings.find((heading) => heading.textContent.trim() === place)
  )
}

const goToPlace = (text, place) => {
  const found = place && findInText(text, place)
  if (!found) {
    text.focus()
    return
  }
  found.scrollIntoView({ block: "center" })
  const altButton = found.closest(".figure-image")?.querySelector("[data-alt]")
  if (altButton) {
    altButton.click()
    return
  }
  const { editor } = text
  const from = editor.view.posAtDOM(found, 0)
  const selection = { from, to: from + found.textContent.length }
  editor.commands.setTextSelection(selection)
  // The editor's own focus command waits for the next frame, and a letter typed before it would be lost.
  editor.view.focus()
}

const goToField = (link) => {
  const row = document.getElementById(link.hash.slice(1))?.closest(".form-row")
  if (!row) return false
  const group = row.closest("details")
  if (group) group.open = true
  row.dispatchEvent(new CustomEvent("editor:reveal", { bubbles: true }))
  const text = row.querySelector(".ProseMirror")
  if (text) {
    goToPlace(text, link.dataset.place)
    return true
  }
  row.scrollIntoView({ block: "center" })
  const field = [...row.querySelectorAll(FOCUSABLE)].find(isVisible)
  field?.focus({ preventScroll: true })
  return true
}

export const startFieldLinks = () => {
  document.addEventListener("click", (event) => {
    const link = event.target.closest('[data-checklist] a[href^="#"], .errornote a, .publish-dialog a[href^="#"]')
    if (link && goToField(link)) event.preventDefault()
  })
}
