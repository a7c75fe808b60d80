// What cards of exercises do beyond HTML: do it with me, and the visitor's own plan.
import { openGuide } from "./exercise-guide.js"
import { MAX_EXERCISES, readPlan, withId, withoutId, writePlan } from "./plan-storage.js"

// Show the buttons of the cards in `root`, which are hidden without this script.
export const prepareCards = (root) => {
  const plan = readPlan()
  for (const card of root.querySelectorAll("[data-exercise]")) {
    card.querySelector(".exercise-foot").hidden = false
    showInPlan(card, plan)
  }
}

const showInPlan = (card, plan) => {
  const isInPlan = plan.includes(Number(card.dataset.exercise))
  const button = card.querySelector("[data-plan]")
  button.setAttribute("aria-pressed", String(isInPlan))
  button.textContent = isInPlan ? "In my plan" : "Add to my plan"
  card.querySelector("[data-plan-link]").hidden = !isInPlan
}

const toggle = (card) => {
  const id = Number(card.dataset.exercise)
  const plan = readPlan()
  const isInPlan = plan.includes(id)
  const changed = isInPlan ? withoutId(plan, id) : withId(plan, id)
  const status = card.querySelector("[role=status]")
  if (!isInPlan && changed === plan) {
    status.textContent = `Your plan has ${MAX_EXERCISES} exercises. Remove one first.`
    return
  }
  if (!writePlan(changed)) {
    status.textContent = "Your browser does not allow this site to store your plan."
    return
  }
  status.textContent = isInPlan ? "Removed from your plan." : "Added to your plan. It stays on this device."
  for (const each of document.querySelectorAll(`[data-exercise="${id}"]`)) showInPlan(each, changed)
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-guide], [data-plan]")
  const card = button?.closest("[data-exercise]")
  if (!card) return
  if ("guide" in button.dataset) openGuide(card)
  else toggle(card)
})
// Another tab may change the plan.
addEventListener("storage", () => prepareCards(document))
prepareCards(document)
