import assert from "node:assert/strict"
import { test } from "node:test"
import { storedSize } from "../../static/images/stored-size.js"

// The same cases as in tests/images/test_uploads.py.
const CASES = [
  [1000, 8000, 1000, 8000],
  [8000, 1000, 8000, 1000],
  [1290, 9000, 1000, 6977],
  [5000, 2500, 2560, 1280],
  [4000, 3000, 2560, 1920],
  [300, 200, 300, 200],
  [500, 30_000, 267, 16_000],
  [3000, 20_000, 1000, 6667],
  [1, 50_000, 1, 16_000],
]

test("a photo is shrunk to the size at which the server stores it", () => {
  for (const [width, height, ...stored] of CASES) assert.deepEqual(storedSize(width, height), stored)
})
