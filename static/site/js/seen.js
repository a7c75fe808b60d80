// Counts an advertisement as seen, once, when at least half of it has been in sight for a second. Sends its number only:
// no cookie is set, nothing about the reader is kept, and without this file nothing is missing.
const timers = new Map()

const stop = (ad) => {
  clearTimeout(timers.get(ad))
  timers.delete(ad)
}

const start = (ad) => {
  if (timers.has(ad)) return
  timers.set(
    ad,
    setTimeout(() => {
      observer.unobserve(ad)
      timers.delete(ad)
      if (ad.dataset.seen) navigator.sendBeacon(ad.dataset.seen)
      delete ad.dataset.seen
    }, 1000),
  )
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, intersectionRatio } of entries) {
      if (intersectionRatio >= 0.5 && document.visibilityState === "visible") start(target)
      else stop(target)
    }
  },
  { threshold: [0, 0.5] },
)

const watch = () => {
  for (const ad of document.querySelectorAll("[data-seen]")) {
    // Observing anew tells at once how much of it is in sight.
    observer.unobserve(ad)
    stop(ad)
    if (document.visibilityState === "visible") observer.observe(ad)
  }
}

if (navigator.sendBeacon) {
  document.addEventListener("visibilitychange", watch)
  watch()
}
