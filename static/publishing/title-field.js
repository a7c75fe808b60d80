// The title grows with its words, and Enter continues in the text.
export const startTitleField = (form) => {
  const title = form.querySelector("textarea[data-title]")
  if (!title) return
  const fit = () => {
    title.style.height = "auto"
    title.style.height = `${title.scrollHeight}px`
  }
  title.addEventListener("input", fit)
  title.addEventListener("editor:adopted", fit)
  addEventListener("resize", fit)
  document.fonts.ready.then(fit)
  title.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return
    event.preventDefault()
    form.querySelector(".editor-main .ProseMirror")?.focus()
  })
  fit()
  if (!title.value) title.focus({ preventScroll: true })
}
