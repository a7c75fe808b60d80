// Inside the picker's frame: tells the page that opened it which picture was chosen.
const tell = ({ dataset: { id, src, thumb, title, caption } }) =>
  window.parent.postMessage({ kind: "images:chosen", image: { id, src, thumb, title, caption } }, location.origin)

for (const button of document.querySelectorAll(".pick-grid button")) {
  button.addEventListener("click", () => tell(button))
}
const uploaded = document.querySelector("[data-chosen]")
if (uploaded) tell(uploaded)
