// Says how long a field is beside the length that search engines show.
for (const field of document.querySelectorAll("[data-most]")) {
  const { least, most } = field.dataset
  const output = document.createElement("output")
  output.className = "counter"
  output.htmlFor = field.id
  const count = () => {
    const length = [...field.value].length
    const isLong = length > most
    const isShort = length > 0 && length < (least ?? 0)
    output.textContent = `${length} of ${most} characters${isLong ? ", too long" : isShort ? `, better from ${least}` : ""}`
    output.classList.toggle("counter--off", isLong || isShort)
  }
  field.after(output)
  field.addEventListener("input", count)
  count()
}
