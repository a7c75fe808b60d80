// Keep the progress of an import current, without moving the focus. When the work ends, show its result.
const content = document.querySelector("[data-import-progress]")

async function update() {
  try {
    const response = await fetch(window.location.href)
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    const current = page.querySelector("[data-import-progress]")
    if (!response.ok || !current) {
      window.location.reload()
      return
    }
    document.title = page.title
    document.querySelector("h1").textContent = page.querySelector("h1").textContent
    content.replaceChildren(...current.childNodes)
  } catch {
    // The connection failed for a moment, or the server restarts.
  }
  setTimeout(update, 3000)
}

setTimeout(update, 3000)
