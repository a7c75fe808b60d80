// Says how long a field is beside the length that search engines show; an empty one is stood in for by another field.
for (const field of document.querySelectorAll("[data-most]")) {
  const { least, most, instead } = field.dataset
  const other = document.getElementById(instead)
  const output = document.createElement("output")
  output.className = "counter"
  output.htmlFor = field.id
  const count = () => {
    const isInstead = !field.value && Boolean(other?.value)
    const length = [...(isInstead ? other : field).value].length
    const isLong = length > most
    const isShort = length > 0 && length < (least ?? 0)
    const verdict = isLong ? ", too long" : isShort ? `, better from ${least}` : ""
    const name = isInstead ? `The ${other.labels[0].textContent.replace(":", "").trim().toLowerCase()} stands in: ` : ""
    output.textContent = `${name}${length} of ${most} characters${verdict}`
    output.classList.toggle("counter--off", isLong || isShort)
  }
  field.after(output)
  field.addEventListener("input", count)
  other?.addEventListener("input", count)
  count()
}
