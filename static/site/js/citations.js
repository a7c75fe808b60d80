// Show the reference beside its number on hover and focus. Without this script, numbers lead to the list and back.
const SHOW_AFTER = 120
const HIDE_AFTER = 250
const MARGIN = 8

const popover = document.createElement("div")
popover.className = "citation-popover"
popover.id = "citation-popover"
popover.hidden = true

let current = null
// The number whose pop-over was closed with Escape. It stays closed until the focus leaves the number.
let dismissed = null
let timer = 0

const place = (link) => {
  const { left, bottom, top } = link.getBoundingClientRect()
  const { offsetWidth: width, offsetHeight: height } = popover
  const end = document.documentElement.clientWidth - width - MARGIN
  popover.style.left = `${Math.max(MARGIN, Math.min(left - 24, end))}px`
  const isBelow = bottom + height + MARGIN < innerHeight || top < height + MARGIN
  popover.style.top = `${isBelow ? bottom + 4 : top - height - 4}px`
}

const hide = () => {
  clearTimeout(timer)
  current?.removeAttribute("aria-describedby")
  current = null
  popover.hidden = true
}

const show = (link) => {
  clearTimeout(timer)
  if (current === link) return
  hide()
  const reference = document.querySelector(`${link.hash} > .reference`)
  if (!reference) return
  current = link
  popover.replaceChildren(...[...reference.childNodes].map((node) => node.cloneNode(true)))
  // Directly after the number, so that the next stop of the Tab key is a link of the reference.
  link.closest(".citation").append(popover)
  popover.hidden = false
  link.setAttribute("aria-describedby", popover.id)
  place(link)
}

const later = (action, delay) => {
  clearTimeout(timer)
  timer = setTimeout(action, delay)
}

const markerOf = ({ target }) => target.closest?.('.citation > a[role="doc-noteref"]')
const isInside = (node) => node instanceof Node && (popover.contains(node) || node === current)

document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return
  const link = markerOf(event)
  if (link) later(() => show(link), SHOW_AFTER)
  else if (isInside(event.target)) clearTimeout(timer)
  else if (!isInside(document.activeElement)) later(hide, HIDE_AFTER)
})
document.addEventListener("focusin", (event) => {
  const link = markerOf(event)
  if (link !== dismissed) dismissed = null
  if (link?.matches(":focus-visible") && !dismissed) show(link)
  else if (!isInside(event.target)) hide()
})
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || popover.hidden) return
  const link = current
  const hadFocus = popover.contains(document.activeElement)
  hide()
  dismissed = link
  if (hadFocus) link.focus()
})
document.addEventListener("click", (event) => {
  if (!popover.contains(event.target)) hide()
})
addEventListener("scroll", () => current && place(current), { passive: true })
addEventListener("resize", hide)
