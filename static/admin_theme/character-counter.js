// Show the length of a field. While the field is empty, count the field that search engines use instead.
import { countCharacters, describeLength } from "./character-count.js"

const labelOf = (field) => field.labels[0].textContent.replace(":", "").trim().toLowerCase()

for (const field of document.querySelectorAll("[data-max-length]")) {
  const { minLength, maxLength, fallback } = field.dataset
  const other = document.getElementById(fallback)
  const output = document.createElement("output")
  output.className = "counter"
  output.htmlFor = field.id
  const update = () => {
    const usesFallback = !field.value && Boolean(other?.value)
    const length = countCharacters(usesFallback ? other.value : field.value)
    const { text, isOff } = describeLength(length, minLength, maxLength)
    output.textContent = usesFallback ? `Uses the ${labelOf(other)}: ${text}` : text
    output.classList.toggle("counter--off", isOff)
  }
  field.after(output)
  field.addEventListener("input", update)
  other?.addEventListener("input", update)
  update()
}
