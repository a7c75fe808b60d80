import assert from "node:assert/strict"
import { test } from "node:test"
import { dropIndex, mayDrop } from "../../static/layout/drop-position.js"

const BOXES = [
  { top: 0, height: 40 },
  { top: 40, height: 40 },
  { top: 80, height: 40 },
]

test("a row drops before the first row whose middle is below the pointer", () => {
  assert.equal(dropIndex(BOXES, 10), 0)
  assert.equal(dropIndex(BOXES, 20), 1)
  assert.equal(dropIndex(BOXES, 59), 1)
  assert.equal(dropIndex(BOXES, 99), 2)
})

test("a row drops at the end below all middles, and into empty lists", () => {
  assert.equal(dropIndex(BOXES, 100), 3)
  assert.equal(dropIndex([], 100), 0)
})

test("only links go below a heading", () => {
  assert.ok(mayDrop({ isLink: true, containsList: false, isNestedList: true }))
  assert.ok(!mayDrop({ isLink: false, containsList: false, isNestedList: true }))
  assert.ok(mayDrop({ isLink: false, containsList: false, isNestedList: false }))
})

test("nothing goes below itself", () => {
  assert.ok(!mayDrop({ isLink: false, containsList: true, isNestedList: true }))
})
