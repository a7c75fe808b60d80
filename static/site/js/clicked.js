// Counts that a paid link which leads directly to a shop was followed. Sends the link's name only: no cookie is set,
// nothing about the reader is kept, and without this file the links work all the same.
const count = (event) => {
  // The other buttons of a mouse open menus; the middle one opens the link.
  if (event.type === "auxclick" && event.button !== 1) return
  const link = event.target.closest?.("a[data-clicked]")
  if (link) navigator.sendBeacon(link.dataset.clicked)
}

if (navigator.sendBeacon) {
  document.addEventListener("click", count)
  document.addEventListener("auxclick", count)
}
