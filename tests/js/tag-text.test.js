import assert from "node:assert/strict"
import { test } from "node:test"
import { cleanTags, formatTags, parseTags } from "../../static/publishing/tag-text.js"

test("tags survive being written and read", () => {
  for (const tags of [[], ["knee"], ["knee pain"], ["knee", "hip pain", "a, b"], ["one", "two"]]) {
    assert.deepEqual(parseTags(formatTags(tags)).sort(), [...tags].sort())
  }
})

test("spaces separate tags only without commas and quotes", () => {
  assert.deepEqual(parseTags("knee pain"), ["knee", "pain"])
  assert.deepEqual(parseTags("knee pain, hip"), ["knee pain", "hip"])
  assert.deepEqual(parseTags('"knee pain" hip'), ["knee pain", "hip"])
})

test("repeated and empty tags are dropped", () => {
  assert.deepEqual(cleanTags(["Knee", " knee ", "", "Hip"]), ["Knee", "Hip"])
})
