// Show the reference beside its number. Without this script, numbers lead to the list and back.
import { startPopovers } from "./popover.js"

startPopovers({
  name: "citation-popover",
  selector: '.citation > a[role="doc-noteref"]',
  nodesOf: (link) => {
    const reference = document.querySelector(`${link.hash} > .reference`)
    return reference && [...reference.childNodes].map((node) => node.cloneNode(true))
  },
})
