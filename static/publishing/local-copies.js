// Copies of unsaved forms in this browser, for when the server cannot be reached. Each open form has a key. The tab
// remembers the key of each page, so that after a reload it finds its copy again.
import { readItem, removeItem, writeItem } from "./storage.js"

const PREFIX = "text:"
const pageKeyName = (page) => `copy:${page}`

export const readCopy = (key) => JSON.parse(readItem(localStorage, PREFIX + key))

export const removeCopy = (key) => removeItem(localStorage, PREFIX + key)

export const writeCopy = (key, copy) => writeItem(localStorage, PREFIX + key, JSON.stringify(copy))

export const readPageKey = (page) => readItem(sessionStorage, pageKeyName(page))

export const writePageKey = (page, key) => writeItem(sessionStorage, pageKeyName(page), key)

export const removePageKey = (page) => removeItem(sessionStorage, pageKeyName(page))

// Remove a copy that is no longer needed, and the tab's memory of it.
export const forget = (key) => {
  const page = readCopy(key)?.page ?? location.pathname
  removeCopy(key)
  removePageKey(page)
}

// A tab holds the lock of its form, so that other tabs can tell its copy from an abandoned one.
export const holdLock = (key) => navigator.locks?.request(PREFIX + key, () => new Promise(() => {}))

// Return the key of the newest copy of a page and user whose tab is closed, or null. `items` are [name, value] pairs
// of the storage; `names` of copies in `openNames` belong to open tabs.
export const newestAbandonedKey = (items, openNames, { page, userId }) => {
  const copies = items
    .filter(([name]) => name.startsWith(PREFIX) && !openNames.includes(name))
    .map(([name, value]) => ({ key: name.slice(PREFIX.length), ...JSON.parse(value) }))
    .filter((copy) => copy.page === page && copy.userId === userId)
  return copies.sort((a, b) => b.savedAt - a.savedAt)[0]?.key ?? null
}

export const findAbandonedKey = async (ownKey, pageAndUser) => {
  if (!navigator.locks) return null
  const { held } = await navigator.locks.query()
  const openNames = [PREFIX + ownKey, ...held.map((lock) => lock.name)]
  return newestAbandonedKey(Object.entries(localStorage), openNames, pageAndUser)
}
