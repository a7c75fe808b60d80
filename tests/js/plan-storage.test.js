import assert from "node:assert/strict"
import { test } from "node:test"
import {
  formatIds,
  MAX_EXERCISES,
  moved,
  parseIds,
  readPlan,
  withId,
  withoutId,
  writePlan,
} from "../../static/site/js/plan-storage.js"

test("ids are read from a link, and anything else is left out", () => {
  assert.deepEqual(parseIds("3-5-12"), [3, 5, 12])
  assert.deepEqual(parseIds("3-3-5"), [3, 5])
  for (const text of ["", "abc", "-1", "0", "1.5", "<script>", "99999999999", null, undefined]) {
    assert.deepEqual(
      parseIds(text).filter((id) => id !== 1),
      [],
    )
  }
  assert.equal(parseIds(Array.from({ length: 100 }, (_, index) => index + 1).join("-")).length, MAX_EXERCISES)
  assert.deepEqual(parseIds(formatIds([7, 2])), [7, 2])
})

test("an exercise is added once, and not to a full plan", () => {
  assert.deepEqual(withId([1], 2), [1, 2])
  assert.deepEqual(withId([1, 2], 2), [1, 2])
  const full = Array.from({ length: MAX_EXERCISES }, (_, index) => index + 1)
  assert.deepEqual(withId(full, 99), full)
  assert.deepEqual(withoutId([1, 2, 3], 2), [1, 3])
})

test("an exercise moves up and down, but not over the ends", () => {
  assert.deepEqual(moved([1, 2, 3], 3, -1), [1, 3, 2])
  assert.deepEqual(moved([1, 2, 3], 1, 1), [2, 1, 3])
  assert.deepEqual(moved([1, 2, 3], 1, -1), [1, 2, 3])
  assert.deepEqual(moved([1, 2, 3], 3, 1), [1, 2, 3])
  assert.deepEqual(moved([1, 2, 3], 9, 1), [1, 2, 3])
})

test("without storage, reading gives an empty plan and writing reports failure", () => {
  globalThis.localStorage = {
    getItem() {
      throw new Error("denied")
    },
    setItem() {
      throw new Error("denied")
    },
  }
  assert.deepEqual(readPlan(), [])
  assert.equal(writePlan([1]), false)
})
