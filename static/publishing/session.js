// Requests with the form's CSRF token, which changes when the author signs in again in another tab.
const SIGNED_OUT = "You are signed out. Your text is stored in this browser. Sign in, then save again."
const OTHER_USER =
  "Someone else is signed in now. Your text is stored in this browser. Sign in as yourself, then save again."

// Thrown when the author has to sign in, in another tab, before the text can be saved.
export class SessionError extends Error {}

export const parsePage = async (response) => new DOMParser().parseFromString(await response.text(), "text/html")

export const requireSignedIn = (page) => {
  if (page.body.classList.contains("login")) throw new SessionError(SIGNED_OUT)
}

const userId = (page) => page.querySelector("[data-user-id]")?.dataset.userId

// Take the current token from a freshly loaded form.
export const renewToken = async (form) => {
  const page = await parsePage(await fetch(location.pathname))
  requireSignedIn(page)
  const token = page.querySelector("form[data-editor] [name=csrfmiddlewaretoken]")?.value
  if (!token) return false
  if (userId(page) !== userId(document)) throw new SessionError(OTHER_USER)
  form.elements.csrfmiddlewaretoken.value = token
  return true
}

// Post `body` and return the response. If the token is out of date, try once more with a new one.
export const post = async (form, url, body, options = {}) => {
  const send = () => {
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value)
    return fetch(url, { method: "POST", body, ...options })
  }
  const response = await send()
  if (response.type === "opaqueredirect") throw new SessionError(SIGNED_OUT)
  return response.status === 403 && (await renewToken(form)) ? send() : response
}
