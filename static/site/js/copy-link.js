// Show buttons that copy a page's URL, in browsers that allow it.
const RESET_AFTER = 4000

const setUp = (button) => {
  const label = button.querySelector("span")
  const status = button.parentElement.querySelector("[role=status]")
  const text = label.textContent
  button.hidden = false
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy)
      label.textContent = "Copied"
      status.textContent = "Link copied."
    } catch {
      status.textContent = "Your browser blocked copying. Copy the URL from the address bar."
    }
    setTimeout(() => {
      label.textContent = text
      status.textContent = ""
    }, RESET_AFTER)
  })
}

if (navigator.clipboard) document.querySelectorAll("[data-copy]").forEach(setUp)
