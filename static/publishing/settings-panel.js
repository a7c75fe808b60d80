// On narrow screens the settings are a sheet over the text, opened by a button of the bar.
export const startSettingsPanel = () => {
  const button = document.querySelector("[data-settings]")
  const panel = document.getElementById("editor-settings")
  if (!button || !panel) return
  const setOpen = (isOpen) => {
    panel.classList.toggle("is-open", isOpen)
    button.setAttribute("aria-expanded", isOpen)
    document.body.classList.toggle("has-open-settings", isOpen)
  }
  button.hidden = false
  document.body.classList.add("has-script")
  button.addEventListener("click", () => {
    setOpen(!panel.classList.contains("is-open"))
    if (panel.classList.contains("is-open")) panel.focus({ preventScroll: true })
  })
  const close = () => {
    setOpen(false)
    button.focus()
  }
  // A link leads to a field of the panel, or out of it.
  document.addEventListener("editor:reveal", ({ target }) => setOpen(panel.contains(target)))
  panel.querySelector("[data-settings-close]").addEventListener("click", close)
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.classList.contains("is-open")) close()
  })
}
