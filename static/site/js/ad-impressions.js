// Count an ad impression once at least half of the ad has been visible for a second. The request carries the ad's id
// only and sets no cookie.
const VISIBLE_FOR = 1000
const timers = new Map()

const cancel = (ad) => {
  clearTimeout(timers.get(ad))
  timers.delete(ad)
}

const countSoon = (ad) => {
  if (timers.has(ad)) return
  const timer = setTimeout(() => {
    observer.unobserve(ad)
    timers.delete(ad)
    if (ad.dataset.impressionUrl) navigator.sendBeacon(ad.dataset.impressionUrl)
    delete ad.dataset.impressionUrl
  }, VISIBLE_FOR)
  timers.set(ad, timer)
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, intersectionRatio } of entries) {
      if (intersectionRatio >= 0.5 && document.visibilityState === "visible") countSoon(target)
      else cancel(target)
    }
  },
  { threshold: [0, 0.5] },
)

const observeAll = () => {
  for (const ad of document.querySelectorAll("[data-impression-url]")) {
    // Observing again reports right away how much of the ad is visible.
    observer.unobserve(ad)
    cancel(ad)
    if (document.visibilityState === "visible") observer.observe(ad)
  }
}

if (navigator.sendBeacon) {
  document.addEventListener("visibilitychange", observeAll)
  observeAll()
}
