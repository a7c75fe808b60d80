import assert from "node:assert/strict"
import { test } from "node:test"
import { changedNames } from "../../static/publishing/form-values.js"

const data = (fields) => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return form
}

test("a field takes the stored value if the author has not changed it since", () => {
  const sent = data({ slug: "", title: "Hips", excerpt: "a" })
  const current = data({ slug: "", title: "Hips at work", excerpt: "a" })
  const stored = data({ slug: "hips", title: "Hips", excerpt: "a" })
  assert.deepEqual(changedNames(sent, current, stored), ["slug"])
})

test("a field that the author changed during the save keeps its value", () => {
  const names = changedNames(data({ slug: "" }), data({ slug: "my-slug" }), data({ slug: "hips" }))
  assert.deepEqual(names, [])
})

test("a box that the server checked is adopted, the keys of the form are not", () => {
  const sent = data({ autosave_key: "1" })
  assert.deepEqual(changedNames(sent, sent, data({ categories: "3", autosave_key: "2" })), ["categories"])
})
