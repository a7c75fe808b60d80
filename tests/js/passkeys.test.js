import assert from "node:assert/strict"
import { test } from "node:test"
import { explain } from "../../static/accounts/passkeys.js"

test("an error of the browser says what to do", () => {
  assert.equal(explain(new DOMException("", "NotAllowedError")), "No passkey was used. Try again.")
  assert.match(explain(new DOMException("", "InvalidStateError")), /already has a passkey/)
  assert.match(explain(new DOMException("", "SecurityError")), /do not work at this address/)
  assert.equal(explain(new Error("Too many attempts.")), "Too many attempts.")
  assert.equal(explain(new Error("")), "The passkey did not work. Try again.")
})
