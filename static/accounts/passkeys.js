// Add passkeys and use them: each button with data-passkey="create" or "get" fills the `credential` of its form.

/** Return what a person can do about an error of the browser's passkey functions. */
export function explain(error) {
  if (error.name === "InvalidStateError") {
    return "This device already has a passkey for your account."
  }
  if (error.name === "SecurityError") {
    return "Passkeys do not work at this address. Open the site under its own name."
  }
  if (error.name === "NotAllowedError") {
    return "No passkey was used. Try again."
  }
  return error.message || "The passkey did not work. Try again."
}

async function loadOptions(button) {
  if (button.dataset.options) {
    const data = JSON.parse(document.getElementById(button.dataset.options).textContent)
    return data.creation_options ?? data.request_options
  }
  const response = await fetch(button.dataset.optionsUrl, { headers: { Accept: "application/json" } })
  const data = await response.json()
  if (!response.ok) {
    throw new Error(data.error)
  }
  return data.request_options
}

async function usePasskey(button, browser) {
  const form = button.form
  const problem = form.querySelector("[data-passkey-error]")
  problem.hidden = true
  try {
    const credential = await browser[button.dataset.passkey](await loadOptions(button))
    form.elements.credential.value = JSON.stringify(credential)
    form.submit()
  } catch (error) {
    problem.textContent = explain(error)
    problem.hidden = false
  }
}

if (typeof document !== "undefined" && window.webauthnJSON?.supported()) {
  for (const note of document.querySelectorAll("[data-passkey-unsupported]")) {
    note.hidden = true
  }
  for (const button of document.querySelectorAll("[data-passkey]")) {
    button.hidden = false
    button.addEventListener("click", () => usePasskey(button, window.webauthnJSON))
  }
}
