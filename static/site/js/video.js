// Play a video in place of its thumbnail. Without this script the thumbnail links to the video's page.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-video] > a")
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return
  event.preventDefault()
  const url = new URL(link.parentElement.dataset.video)
  url.searchParams.set("autoplay", "1")
  const iframe = document.createElement("iframe")
  iframe.src = url
  iframe.title = link.querySelector("b").textContent
  iframe.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture"
  link.replaceWith(iframe)
  iframe.focus()
})
