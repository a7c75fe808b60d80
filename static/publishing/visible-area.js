// An on-screen keyboard covers the page without making it shorter. Tell the style sheet how much it covers, so that the
// tools stay above it.
export const startVisibleArea = () => {
  const viewport = window.visualViewport
  if (!viewport) return
  const update = () => {
    const covered = Math.max(0, document.documentElement.clientHeight - viewport.height - viewport.offsetTop)
    document.documentElement.style.setProperty("--keyboard-height", `${Math.round(covered)}px`)
    document.documentElement.style.setProperty("--view-top", `${Math.round(viewport.offsetTop)}px`)
  }
  viewport.addEventListener("resize", update)
  viewport.addEventListener("scroll", update)
  update()
}
