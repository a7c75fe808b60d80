// Count page views, Core Web Vitals and clicks on links to other sites. No cookie is set and nothing is stored here.
const url = document.body.dataset.countUrl
const on = addEventListener
const vitals = {}
const PAINTED_AFTER = 200 // Milliseconds from the load event.

const send = (k, data) => navigator.sendBeacon(`${url}?${new URLSearchParams({ k, p: location.pathname, ...data })}`)

const view = (host) => {
  const data = { w: innerWidth }
  if (host !== location.host) Object.assign(data, { e: 1, r: host })
  const n = document.querySelector("[data-result-count]")?.dataset.resultCount
  if (n) Object.assign(data, { n, q: new URLSearchParams(location.search).get("q") })
  send("view", data)
}

const observe = (type, add) =>
  new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({
    type,
    buffered: true,
    durationThreshold: 40,
  })

// Wait until the page is shown, so that counting delays nothing a visitor waits for, or is left.
const viewOnceShown = () => {
  let isCounted = false
  const count = () => {
    if (!isCounted) view(document.referrer && new URL(document.referrer).host)
    isCounted = true
  }
  const wait = () => setTimeout(count, PAINTED_AFTER)
  if (document.readyState === "complete") wait()
  else on("load", wait, { once: true })
  on("visibilitychange", count, { once: true })
}

const start = () => {
  viewOnceShown()
  // The speed of a page in a background tab is unknown.
  if (document.hidden) return
  const begin = performance.getEntriesByType("navigation")[0]?.activationStart || 0
  observe("largest-contentful-paint", ({ startTime }) => {
    vitals.LCP = Math.max(startTime - begin, 0)
  })
  observe("event", ({ interactionId, duration }) => {
    if (interactionId) vitals.INP = Math.max(vitals.INP || 0, duration)
  })
  // The worst sequence of shifts: at most a second apart, at most five seconds long.
  let sum = 0
  let first = 0
  let last = 0
  observe("layout-shift", ({ hadRecentInput, startTime, value }) => {
    if (hadRecentInput) return
    if (startTime - last > 1000 || startTime - first > 5000) [sum, first] = [0, startTime]
    last = startTime
    sum += value
    vitals.CLS = Math.max(vitals.CLS || 0, sum)
  })
  on("visibilitychange", () => vitals.LCP && send("vitals", { CLS: 0, ...vitals }), { once: true })
}

const click = ({ button, target }) => {
  const link = target.closest?.("a[href^=http]")
  if (button < 2 && link && link.host !== location.host) send("click", { h: link.host })
}

// The cookie is in the browsers of people who work on the site.
if (url && !/\badmin-open=1/.test(document.cookie)) {
  if (document.prerendering) document.addEventListener("prerenderingchange", start, { once: true })
  else start()
  on("pageshow", ({ persisted }) => persisted && view(location.host))
  on("click", click)
  on("auxclick", click)
}
