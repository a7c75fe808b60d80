// Light, dark, or as the system has it: the reader's choice, kept in this browser and sent to nobody. A classic script
// in the head, so that it runs before the first paint; without it the system decides and there is no switch.
;(() => {
  const root = document.documentElement
  const show = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme
    else delete root.dataset.theme
  }
  let chosen = ""
  try {
    chosen = localStorage.getItem("theme") || ""
  } catch {
    // Storage is switched off: the choice lasts for this page.
  }
  show(chosen)

  document.addEventListener("DOMContentLoaded", () => {
    const theSwitch = document.querySelector("[data-theme-switch]")
    if (!theSwitch) return
    const bars = [...document.querySelectorAll('meta[name="theme-color"]')].map((bar) => [bar, bar.media])
    const paintBars = (theme) => {
      for (const [bar, media] of bars) bar.media = theme ? (media.includes(theme) ? "all" : "not all") : media
    }
    const current = root.dataset.theme || ""
    for (const input of theSwitch.querySelectorAll("input")) input.checked = input.value === current
    paintBars(current)
    theSwitch.hidden = false
    theSwitch.addEventListener("change", ({ target }) => {
      show(target.value)
      paintBars(target.value)
      try {
        if (target.value) localStorage.setItem("theme", target.value)
        else localStorage.removeItem("theme")
      } catch {
        // As above.
      }
    })
  })
})()
