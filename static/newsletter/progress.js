// Shows how far a campaign is without loading the page again; rests while nobody looks, ends when its state changes.
const figures = document.querySelector("[data-figures]")
const address = figures?.dataset.figures
const OFTEN = 3000
const RARELY = 30000

async function look() {
  let pause = OFTEN
  if (!document.hidden) {
    try {
      const start = performance.now()
      const response = await fetch(address, { headers: { Accept: "application/json" }, redirect: "error" })
      if (!response.ok) throw new Error(response.status)
      const answer = await response.json()
      // Other buttons belong to another state.
      if (answer.status !== figures.dataset.status) return location.reload()
      // A long list takes the server longer to count.
      pause = Math.max(OFTEN, 10 * (performance.now() - start))
      // Not while somebody stands on one of its links.
      if (figures.children.length && !figures.contains(document.activeElement)) figures.innerHTML = answer.figures
    } catch {
      // No connection, or signed out: the link to look again stays.
      pause = RARELY
    }
  }
  setTimeout(look, pause)
}

if (address) setTimeout(look, OFTEN)
