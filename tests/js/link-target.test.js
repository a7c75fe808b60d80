import assert from "node:assert/strict"
import { test } from "node:test"
import { isTypedLink, parseLinkTarget } from "../../static/richtext/link-target.js"

const SITE = ["https://example.com"]
const parse = (typed) => parseLinkTarget(typed, SITE)

test("URLs on this site become paths", () => {
  assert.equal(parse("https://example.com/stairs/#up"), "/stairs/#up")
  assert.equal(parse("https://example.com"), "/")
  assert.equal(parse("https://example.com//evil.example/"), "/evil.example/")
})

test("a domain that only starts like this site is another site", () => {
  assert.equal(parse("https://example.com.evil.example/"), "https://example.com.evil.example/")
})

test("paths, anchors, other URLs and phone numbers stay as typed", () => {
  for (const typed of [
    "/stairs/",
    "#up",
    "http://a.example/",
    "HTTPS://A.example",
    "tel:+1555",
    "mailto:a@b.example",
  ]) {
    assert.equal(parse(typed), typed)
  }
})

test("domains and email addresses get their scheme", () => {
  assert.equal(parse("example.org/a?b=1"), "https://example.org/a?b=1")
  assert.equal(parse("sam@example.org"), "mailto:sam@example.org")
  for (const typed of [
    "example.com?x=1",
    "example.com:8080/x",
    "example.com#top",
    "www.physio-müller.example",
    "क्लिनिक.भारत/घुटने",
  ]) {
    assert.equal(parse(typed), `https://${typed}`)
  }
})

test("plain words are no link", () => {
  for (const typed of ["", "knee pain", "stairs", "a. b", "3.5", "1.2.3", "5:30"]) assert.equal(parse(typed), null)
})

test("an unset site URL is ignored", () => {
  assert.equal(parseLinkTarget("stairs", ["", undefined]), null)
})

test("typed URLs and email addresses become links, sentences without a space do not", () => {
  for (const typed of ["https://example.org/a", "HTTP://example.org", "www.example.org", "sam@example.org"]) {
    assert.ok(isTypedLink(typed), typed)
  }
  for (const typed of ["pain.It", "sleep.So", "knee.pain", "e.g", "3.5", "stop.Now/later"])
    assert.ok(!isTypedLink(typed), typed)
})
