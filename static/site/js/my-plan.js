// The page of the visitor's plan: the exercises in this browser's storage, or those of a shared link such as #3-5.
// The page has the cards of all exercises, so showing a plan asks the site for nothing.
import { prepareCards } from "./exercise-card.js"
import { ADVISED_EXERCISES, formatIds, moved, parseIds, readPlan, withoutId, writePlan } from "./plan-storage.js"

const page = document.querySelector("[data-my-plan]")
const part = (name) => page.querySelector(`[data-${name}]`)
const cards = new Map(
  [...part("plan-cards").content.querySelectorAll("[data-exercise]")].map((card) => [
    Number(card.dataset.exercise),
    card,
  ]),
)
const list = part("plan-list")
const status = part("plan-status")

// The ids of a shared plan that is not the visitor's own, or null.
const readShared = () => {
  const ids = parseIds(location.hash.slice(1))
  return ids.length && formatIds(ids) !== formatIds(readPlan()) ? ids : null
}

const shownIds = () => [...list.children].map((item) => Number(item.dataset.id))

const createButton = (text, label, action) => {
  const button = document.createElement("button")
  button.type = "button"
  button.className = "plan-button"
  button.textContent = text
  button.setAttribute("aria-label", label)
  button.addEventListener("click", action)
  return button
}

// Store the changed plan, show it, and focus what the visitor used, or what took its place.
const change = (ids, message, focus) => {
  const isStored = writePlan(ids)
  show(ids)
  status.textContent = isStored ? message : "Your browser does not allow this site to store your plan."
  const target = list.querySelector(focus) ?? list.querySelector("button") ?? part("empty").querySelector("a")
  target.focus()
}

const move = (id, step) => {
  const ids = moved(shownIds(), id, step)
  const direction = step < 0 ? "up" : "down"
  const isAtEnd = ids.at(step < 0 ? 0 : -1) === id
  const opposite = step < 0 ? "down" : "up"
  const message = `${cards.get(id).dataset.name} is now number ${ids.indexOf(id) + 1}.`
  change(ids, message, `[data-id="${id}"] [data-move="${isAtEnd ? opposite : direction}"]`)
}

const remove = (id) => {
  const ids = shownIds()
  const next = ids[ids.indexOf(id) + 1] ?? ids[ids.indexOf(id) - 1]
  const message = `${cards.get(id).dataset.name} was removed from your plan.`
  change(withoutId(ids, id), message, `[data-id="${next}"] [data-remove]`)
}

const createTools = (id, index, length) => {
  const { name } = cards.get(id).dataset
  const up = createButton("Up", `Move ${name} up`, () => move(id, -1))
  const down = createButton("Down", `Move ${name} down`, () => move(id, 1))
  const away = createButton("Remove", `Remove ${name}`, () => remove(id))
  up.dataset.move = "up"
  down.dataset.move = "down"
  away.dataset.remove = ""
  up.disabled = index === 0
  down.disabled = index === length - 1
  const tools = document.createElement("div")
  tools.className = "plan-item-tools"
  tools.append(up, down, away)
  return tools
}

const createItem = (id, index, length, isOwn) => {
  const item = document.createElement("li")
  item.dataset.id = id
  if (isOwn) item.append(createTools(id, index, length))
  item.append(document.importNode(cards.get(id), true))
  return item
}

const show = (all) => {
  const isOwn = readShared() === null
  const ids = all.filter((id) => cards.has(id))
  list.replaceChildren(...ids.map((id, index) => createItem(id, index, ids.length, isOwn)))
  prepareCards(list)
  // The item has buttons for the plan.
  for (const each of list.querySelectorAll("[data-plan], [data-plan-link]")) each.hidden = true
  const missing = all.length - ids.length
  status.textContent = missing
    ? `${missing === 1 ? "One exercise is" : `${missing} exercises are`} no longer on this site.`
    : ""
  part("ids").value = formatIds(ids)
  part("shared").hidden = isOwn
  part("show-own").hidden = !readPlan().length
  part("plan-tools").hidden = !ids.length
  part("advice").hidden = ids.length <= ADVISED_EXERCISES
  part("empty").hidden = ids.length > 0
}

const showCurrent = () => show(readShared() ?? readPlan())

part("print").addEventListener("click", () => print())
part("share").addEventListener("click", async () => {
  const url = new URL(location.pathname, location.origin)
  url.hash = formatIds(shownIds())
  try {
    await navigator.clipboard.writeText(url)
    status.textContent = "Link copied. It shows these exercises to anyone who opens it."
  } catch {
    status.textContent = `Your browser blocked copying. The link is ${url}`
  }
})
part("save-shared").addEventListener("click", () => {
  const ids = shownIds()
  const isStored = writePlan(ids)
  history.replaceState(null, "", location.pathname)
  showCurrent()
  status.textContent = isStored
    ? "This is your plan now. It stays on this device."
    : "Your browser does not allow this site to store your plan."
  page.querySelector("[data-print]").focus()
})
part("show-own").addEventListener("click", () => {
  history.replaceState(null, "", location.pathname)
  showCurrent()
})
addEventListener("hashchange", showCurrent)
addEventListener("storage", showCurrent)
showCurrent()
