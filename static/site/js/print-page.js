// A button that prints the page.
for (const button of document.querySelectorAll("[data-print-page]")) {
  button.hidden = false
  button.addEventListener("click", () => print())
}
