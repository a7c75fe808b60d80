import assert from "node:assert/strict"
import { test } from "node:test"
import { countCharacters, describeLength } from "../../static/admin_theme/character-count.js"

test("a length within the limits is fine", () => {
  assert.deepEqual(describeLength(60, undefined, 60), { text: "60 of 60 characters", isOff: false })
  assert.deepEqual(describeLength(0, 50, 155), { text: "0 of 155 characters", isOff: false })
})

test("too long and too short texts are marked", () => {
  assert.deepEqual(describeLength(61, undefined, 60), { text: "61 of 60 characters, too long", isOff: true })
  assert.deepEqual(describeLength(10, 50, 155), { text: "10 of 155 characters, better from 50", isOff: true })
})

test("limits may be strings, as data attributes are", () => {
  assert.ok(describeLength(9, "50", "155").isOff)
  assert.ok(!describeLength(100, "50", "155").isOff)
})

test("an emoji is one character", () => {
  assert.equal(countCharacters("a🙂"), 2)
})
