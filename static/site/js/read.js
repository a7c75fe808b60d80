// Counts a post as read once it has been in sight for fifteen seconds. Sends its number only: no cookie is set,
// nothing about the reader is kept, and without this file nothing is missing.
const address = document.querySelector("[data-count-view]")?.dataset.countView
const NEEDED = 15_000
let seen = 0
let since = null
let timer

const look = () => {
  clearTimeout(timer)
  if (since !== null) seen += performance.now() - since
  since = null
  if (document.visibilityState !== "visible") return
  since = performance.now()
  timer = setTimeout(() => {
    document.removeEventListener("visibilitychange", look)
    navigator.sendBeacon(address)
  }, NEEDED - seen)
}

if (address && navigator.sendBeacon) {
  document.addEventListener("visibilitychange", look)
  look()
}
