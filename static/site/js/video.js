// Plays a video where its picture is, once it is clicked. Without this file the picture leads to the video's page.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-video] > a")
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return
  event.preventDefault()
  const address = new URL(link.parentElement.dataset.video)
  address.searchParams.set("autoplay", "1")
  const frame = document.createElement("iframe")
  frame.src = address
  frame.title = link.querySelector("b").textContent
  frame.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture"
  link.replaceWith(frame)
  frame.focus()
})
