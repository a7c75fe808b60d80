// Read and write browser storage, which may be full or disabled; the copy on the server remains.
export const readItem = (storage, name) => {
  try {
    return storage.getItem(name)
  } catch {
    return null
  }
}

export const writeItem = (storage, name, value) => {
  try {
    storage.setItem(name, value)
  } catch {
    // See above.
  }
}

export const removeItem = (storage, name) => {
  try {
    storage.removeItem(name)
  } catch {
    // See above.
  }
}
