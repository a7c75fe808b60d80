// Count clicks on affiliate links that point directly to a shop. The request carries the link's slug only and sets no
// cookie; without this script the links work the same.
const MIDDLE_BUTTON = 1

const count = (event) => {
  // The middle mouse button opens the link, the others open menus.
  if (event.type === "auxclick" && event.button !== MIDDLE_BUTTON) return
  const link = event.target.closest?.("a[data-click-url]")
  if (link) navigator.sendBeacon(link.dataset.clickUrl)
}

if (navigator.sendBeacon) {
  document.addEventListener("click", count)
  document.addEventListener("auxclick", count)
}
