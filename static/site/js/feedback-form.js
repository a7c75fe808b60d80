// Submit the feedback form and show the response in its place. Without this script, each response is a separate page.
document.addEventListener("submit", async (event) => {
  const form = event.target
  const container = form.closest("[data-feedback]")
  if (!container?.hasAttribute("aria-live") || form.hasAttribute("data-plain")) return
  event.preventDefault()
  if (container.ariaBusy === "true") return
  container.ariaBusy = "true"
  try {
    const body = new URLSearchParams(new FormData(form, event.submitter))
    const response = await fetch(form.action, { method: "POST", body })
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    container.replaceChildren(...page.querySelector("[data-feedback]").childNodes)
    container.querySelector("[aria-invalid], [data-focus], button")?.focus()
  } catch {
    // Offline or an unexpected answer: submit normally, so that the browser shows the error.
    form.setAttribute("data-plain", "")
    form.requestSubmit(event.submitter)
  }
  container.ariaBusy = "false"
})
