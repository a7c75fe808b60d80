// Count a view of a post once it has been visible for fifteen seconds. The request carries the post's id only and sets
// no cookie.
const VISIBLE_FOR = 15_000
const url = document.querySelector("[data-view-url]")?.dataset.viewUrl
let visibleFor = 0
let visibleSince = null
let timer

const update = () => {
  clearTimeout(timer)
  if (visibleSince !== null) visibleFor += performance.now() - visibleSince
  visibleSince = null
  if (document.visibilityState !== "visible") return
  visibleSince = performance.now()
  timer = setTimeout(count, VISIBLE_FOR - visibleFor)
}

const count = () => {
  document.removeEventListener("visibilitychange", update)
  navigator.sendBeacon(url)
}

if (url && navigator.sendBeacon) {
  document.addEventListener("visibilitychange", update)
  update()
}
