// The form of colors and fonts: a color picker beside each field, and a preview that follows the form.
const preview = document.querySelector("[data-preview-url]")
const form = preview.closest("form")
const samples = preview.querySelector(".appearance-samples")
const problem = preview.querySelector("[role=status]")
const FIELDS = ["main_color", "accent_color", "fonts"]
let timer
let request = new AbortController()

const show = ({ problems, colors, fonts }) => {
  problem.textContent = Object.values(problems).join(" ")
  // While a color is refused, the preview shows the last choice that passed.
  if (problem.textContent) return
  samples.removeAttribute("style")
  for (const [name, [light, dark]] of Object.entries(colors)) {
    samples.style.setProperty(`--${name}`, `light-dark(${light}, ${dark})`)
  }
  for (const [name, family] of Object.entries(fonts)) samples.style.setProperty(`--${name}`, family)
}

const update = async () => {
  request.abort()
  request = new AbortController()
  const values = new FormData(form)
  const query = new URLSearchParams(FIELDS.map((name) => [name, values.get(name)]))
  try {
    const response = await fetch(`${preview.dataset.previewUrl}?${query}`, { signal: request.signal })
    if (response.ok && !response.redirected) show(await response.json())
  } catch (error) {
    if (error.name !== "AbortError") problem.textContent = "The preview could not be loaded."
  }
}

for (const [id, name] of [
  ["id_main_color", "Pick the main color"],
  ["id_accent_color", "Pick the accent color"],
]) {
  const field = document.getElementById(id)
  const picker = document.createElement("input")
  const token = id === "id_main_color" ? "--green" : "--clay"
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
form.addEventListener("input", () => {
  clearTimeout(timer)
  timer = setTimeout(update, 150)
})
preview.hidden = false
update()
