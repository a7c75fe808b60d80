// Update the figures of a campaign that is sending. Pauses in background tabs; reloads the page when its status changes.
import { ERROR_DELAY, refreshDelay } from "./refresh-delay.js"

const figures = document.querySelector("[data-progress-url]")

const update = async () => {
  const start = performance.now()
  const response = await fetch(figures.dataset.progressUrl, {
    headers: { Accept: "application/json" },
    redirect: "error",
  })
  if (!response.ok) throw new Error(response.status)
  const answer = await response.json()
  // Another status has other buttons.
  if (answer.status !== figures.dataset.status) return location.reload()
  // Do not replace a link that has the focus.
  if (figures.children.length && !figures.contains(document.activeElement)) figures.innerHTML = answer.figures
  return schedule(refreshDelay(performance.now() - start))
}

const refresh = async () => {
  if (document.hidden) return schedule(refreshDelay(0))
  try {
    return await update()
  } catch {
    // Offline or signed out. The page has a link for refreshing by hand.
    return schedule(ERROR_DELAY)
  }
}

const schedule = (delay) => setTimeout(refresh, delay)

if (figures?.dataset.progressUrl) schedule(refreshDelay(0))
