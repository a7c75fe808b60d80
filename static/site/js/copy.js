// Copies a page's address. Without this file, or where the browser has no clipboard to offer, there is no button.
for (const button of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  const words = button.querySelector("span")
  const said = button.parentElement.querySelector("[role=status]")
  const before = words.textContent
  button.hidden = false
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy)
      words.textContent = "Copied"
      said.textContent = "The address is copied."
    } catch {
      said.textContent = "Your browser did not let us copy. The address is in its address bar."
    }
    setTimeout(() => {
      words.textContent = before
      said.textContent = ""
    }, 4000)
  })
}
