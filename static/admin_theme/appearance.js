// The Appearance page: a color picker beside each color, and a preview that follows the form.
//
// The preview is a whole public page in a frame without scripts. Each one gets a new frame, which replaces the old one
// when it has loaded: nothing flickers, and the browser's history stays as it is.

const form = document.getElementById("appearance")
const preview = form.querySelector(".appearance-preview")
const screen = preview.querySelector(".appearance-screen")
const problem = preview.querySelector(".appearance-problem")
const chosen = (name) => form.querySelector(`[name=${name}]:checked`).value
let timer
let request = new AbortController()

const fit = () => {
  const width = Number(chosen("preview_width"))
  const scale = Math.min(1, screen.clientWidth / width)
  screen.style.setProperty("--page-width", `${width}px`)
  screen.style.setProperty("--page-scale", scale)
}

const colorFrame = (frame) => {
  frame.contentDocument.documentElement.dataset.theme = chosen("preview_mode")
}

const showPage = (html) => {
  const old = screen.querySelector("iframe.is-shown")
  for (const unfinished of screen.querySelectorAll("iframe:not(.is-shown)")) unfinished.remove()
  const frame = document.createElement("iframe")
  frame.title = "Preview of the page"
  // No scripts run in it, so nothing is counted. Its style sheets and images need the sign-in.
  frame.sandbox = "allow-same-origin"
  frame.srcdoc = html
  frame.addEventListener("load", () => {
    const page = frame.contentDocument
    colorFrame(frame)
    // Other pages refuse to be shown in a frame.
    page.addEventListener("click", (event) => event.preventDefault())
    page.addEventListener("submit", (event) => event.preventDefault())
    if (old) frame.contentWindow.scrollTo(0, old.contentWindow.scrollY)
    frame.classList.add("is-shown")
    old?.remove()
  })
  screen.append(frame)
}

const showNotes = (contrasts, problems) => {
  for (const note of form.querySelectorAll(".appearance-note")) {
    const name = note.id.slice("id_".length, -"_note".length)
    const text = problems[name] ?? contrasts?.[name] ?? ""
    if (note.textContent !== text) note.textContent = text
    note.classList.toggle("is-problem", name in problems)
  }
}

const update = async () => {
  request.abort()
  request = new AbortController()
  try {
    const response = await fetch(form.dataset.previewUrl, {
      method: "POST",
      body: new FormData(form),
      signal: request.signal,
    })
    if (!response.ok || response.redirected) throw new Error(response.statusText)
    const { problems, contrasts, html } = await response.json()
    showNotes(contrasts, problems)
    // While something is refused, the preview shows the last choices that passed.
    problem.textContent = html ? "" : "The preview waits until the problem in the form is solved."
    if (html) showPage(html)
  } catch (error) {
    if (error.name !== "AbortError") problem.textContent = "The preview could not be loaded. Try again in a moment."
  }
}

const addPicker = (id, name, token) => {
  const field = document.getElementById(id)
  if (!field) return
  const picker = document.createElement("input")
  picker.type = "color"
  picker.ariaLabel = name
  const copy = () => {
    const own = getComputedStyle(document.documentElement)
      .getPropertyValue(token)
      .match(/#[0-9a-f]{6}/i)
    picker.value = /^#[0-9a-f]{6}$/i.test(field.value) ? field.value : own?.[0]
  }
  copy()
  field.addEventListener("input", copy)
  picker.addEventListener("input", () => {
    field.value = picker.value
  })
  field.after(picker)
}

addPicker("id_main_color", "Pick the main color", "--green")
addPicker("id_accent_color", "Pick the accent color", "--clay")

const schedule = (event) => {
  if (event.target.name === "preview_width") return fit()
  if (event.target.name === "preview_mode") return screen.querySelectorAll("iframe").forEach(colorFrame)
  clearTimeout(timer)
  timer = setTimeout(update, 300)
}
// Choices of images and of radio buttons are changes, typed text is input.
form.addEventListener("input", schedule)
form.addEventListener("change", schedule)
preview.hidden = false
new ResizeObserver(fit).observe(screen)
update()
