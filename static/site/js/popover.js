// Show what a link stands for beside it on hover and focus, until Escape or a click elsewhere closes it.
const SHOW_AFTER = 120
const HIDE_AFTER = 250
const MARGIN = 8

// `selector` finds the links, `nodesOf` returns what to show for one, or nothing. With `opensOnTap`, the first tap on a
// touch screen shows it, and the second follows the link.
export const startPopovers = ({ name, selector, nodesOf, opensOnTap = false }) => {
  const popover = document.createElement("div")
  popover.className = name
  popover.id = name
  popover.hidden = true

  let current = null
  // The link whose pop-over was closed with Escape. It stays closed until the focus leaves the link.
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
    const nodes = nodesOf(link)
    if (!nodes) return
    current = link
    popover.replaceChildren(...nodes)
    // Directly after the link, so that the next stop of the Tab key is inside.
    link.parentElement.append(popover)
    popover.hidden = false
    link.setAttribute("aria-describedby", popover.id)
    place(link)
  }

  const later = (action, delay) => {
    clearTimeout(timer)
    timer = setTimeout(action, delay)
  }

  const linkOf = ({ target }) => target.closest?.(selector)
  const isInside = (node) => node instanceof Node && (popover.contains(node) || node === current)

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return
    const link = linkOf(event)
    if (link) later(() => show(link), SHOW_AFTER)
    else if (isInside(event.target)) clearTimeout(timer)
    else if (!isInside(document.activeElement)) later(hide, HIDE_AFTER)
  })
  document.addEventListener("focusin", (event) => {
    const link = linkOf(event)
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
    const link = linkOf(event)
    if (opensOnTap && link && event.pointerType === "touch" && current !== link) {
      event.preventDefault()
      show(link)
    } else if (!popover.contains(event.target)) hide()
  })
  addEventListener("scroll", () => current && place(current), { passive: true })
  addEventListener("resize", hide)
}
