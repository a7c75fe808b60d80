// A menu closes when the author clicks elsewhere or presses Escape.
const closeMenus = (event) => {
  for (const menu of document.querySelectorAll("details:is(.editor-menu, .drop-menu)[open]")) {
    if (event.type === "click" && event.target.closest("summary") && menu.contains(event.target)) continue
    menu.open = false
    if (event.type === "keydown" && menu.contains(document.activeElement)) menu.querySelector("summary").focus()
  }
}
document.addEventListener("click", closeMenus)
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus(event)
})
