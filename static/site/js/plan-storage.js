// The visitor's plan: ids of exercises in the order in which they are done, stored in this browser only.
const KEY = "plan"
export const MAX_EXERCISES = 20
// More than five are done less often.
export const ADVISED_EXERCISES = 5

// Return the distinct ids in a text such as "3-5-12". Anything else is left out.
export const parseIds = (text) => {
  const ids = String(text)
    .split("-")
    .filter((part) => /^[1-9]\d{0,9}$/.test(part))
    .map(Number)
  return [...new Set(ids)].slice(0, MAX_EXERCISES)
}

export const formatIds = (ids) => ids.join("-")

export const withId = (ids, id) => (ids.includes(id) || ids.length >= MAX_EXERCISES ? ids : [...ids, id])

export const withoutId = (ids, id) => ids.filter((each) => each !== id)

// Return the ids with one of them moved by `step` places, as far as there are places.
export const moved = (ids, id, step) => {
  const from = ids.indexOf(id)
  const to = from + step
  if (from < 0 || to < 0 || to >= ids.length) return ids
  const result = withoutId(ids, id)
  result.splice(to, 0, id)
  return result
}

// Storage may be disabled; then the plan lasts for this page.
export const readPlan = () => {
  try {
    return parseIds(localStorage.getItem(KEY) ?? "")
  } catch {
    return []
  }
}

// Return whether the browser stored the plan.
export const writePlan = (ids) => {
  try {
    if (ids.length) localStorage.setItem(KEY, formatIds(ids))
    else localStorage.removeItem(KEY)
    return true
  } catch {
    return false
  }
}
