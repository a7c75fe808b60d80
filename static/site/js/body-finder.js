// Light up the part of the drawing whose name in the list is pointed at or has the focus, and the reverse.
const light = (link) => {
  const finder = link.closest(".body-finder")
  for (const each of finder.querySelectorAll("a")) {
    each.classList.toggle("is-lit", each.getAttribute("href") === link.getAttribute("href"))
  }
}

const clear = () => {
  for (const each of document.querySelectorAll(".body-finder .is-lit")) each.classList.remove("is-lit")
}

for (const [start, end] of [
  ["pointerover", "pointerout"],
  ["focusin", "focusout"],
]) {
  document.addEventListener(start, ({ target }) => {
    const link = target.closest?.(".body-finder a")
    if (link) light(link)
  })
  document.addEventListener(end, ({ target }) => target.closest?.(".body-finder a") && clear())
}
