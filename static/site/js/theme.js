// Apply the color theme the visitor chose in the footer: light, dark, or the system's. The choice stays in this browser.
// A classic script in the head, so that it runs before the first paint.
;(() => {
  const root = document.documentElement

  // Storage may be disabled; then the choice lasts for this page.
  const readChoice = () => {
    try {
      return localStorage.getItem("theme") || ""
    } catch {
      return ""
    }
  }

  const storeChoice = (theme) => {
    try {
      if (theme) localStorage.setItem("theme", theme)
      else localStorage.removeItem("theme")
    } catch {
      // See above.
    }
  }

  const applyTheme = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme
    else delete root.dataset.theme
  }

  // The browser's own bars are colored by two <meta>, one for each system theme.
  const colorBrowserBars = (metas, theme) => {
    for (const [meta, systemMedia] of metas) {
      if (!theme) meta.media = systemMedia
      else meta.media = systemMedia.includes(theme) ? "all" : "not all"
    }
  }

  const setUpSwitch = () => {
    const themeSwitch = document.querySelector("[data-theme-switch]")
    if (!themeSwitch) return
    const metas = [...document.querySelectorAll('meta[name="theme-color"]')].map((meta) => [meta, meta.media])
    const current = root.dataset.theme || ""
    for (const input of themeSwitch.querySelectorAll("input")) input.checked = input.value === current
    colorBrowserBars(metas, current)
    themeSwitch.hidden = false
    themeSwitch.addEventListener("change", ({ target }) => {
      applyTheme(target.value)
      colorBrowserBars(metas, target.value)
      storeChoice(target.value)
    })
  }

  applyTheme(readChoice())
  document.addEventListener("DOMContentLoaded", setUpSwitch)
})()
