import assert from "node:assert/strict"
import { test } from "node:test"
import { newestAbandonedKey } from "../../static/publishing/local-copies.js"

const PAGE = { page: "/admin/blog/post/add/", userId: "7" }
const item = (key, savedAt, changes = {}) => [`text:${key}`, JSON.stringify({ ...PAGE, savedAt, ...changes })]

test("the newest copy of the page wins", () => {
  assert.equal(newestAbandonedKey([item("a", 1), item("c", 3), item("b", 2)], [], PAGE), "c")
})

test("copies of open tabs, other pages and other users are left alone", () => {
  const items = [item("open", 9), item("page", 8, { page: "/admin/" }), item("user", 7, { userId: "8" }), item("a", 1)]
  assert.equal(newestAbandonedKey(items, ["text:open"], PAGE), "a")
})

test("other entries of the storage are ignored", () => {
  assert.equal(newestAbandonedKey([["theme", "dark"]], [], PAGE), null)
})
