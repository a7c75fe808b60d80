import assert from "node:assert/strict"
import { test } from "node:test"
import { coverPosition, formatPoint, objectPosition, parsePoint } from "../../static/images/focal-point-position.js"

test("points are stored as fractions; the default is the center", () => {
  assert.deepEqual(parsePoint("0.250x0.750"), { x: 0.25, y: 0.75 })
  assert.deepEqual(parsePoint(""), { x: 0.5, y: 0.5 })
  assert.equal(formatPoint({ x: 1 / 3, y: 1 }), "0.333x1.000")
})

test("the point is centered as far as the image's edges allow", () => {
  assert.equal(objectPosition(0.5, 400, 100), "50%")
  assert.equal(objectPosition(0.25, 400, 100), "17%")
  assert.equal(objectPosition(0, 400, 100), "0%")
  assert.equal(objectPosition(1, 400, 100), "100%")
})

test("an axis without cropping stays centered", () => {
  assert.equal(objectPosition(0.1, 100, 100), "50%")
  assert.equal(objectPosition(0.1, 100.4, 100), "50%")
})

test("only the longer axis of a covering image moves", () => {
  const image = { width: 800, height: 400 }
  assert.equal(coverPosition({ x: 0, y: 0 }, image, { width: 100, height: 100 }), "0% 50%")
  assert.equal(coverPosition({ x: 0, y: 0 }, image, { width: 400, height: 100 }), "50% 0%")
})
